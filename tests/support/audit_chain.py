"""The audit log's chain as docs/audit.md describes it, with nothing of ours: audit_chain.py check|rewrite DATABASE

`check` prints the numbers of the entries whose hash does not follow, and the last hash. `rewrite` does what somebody could
who has the database and no head of it: it makes every hash follow again.
"""

import hashlib
import sqlite3
import struct
import sys

mode, database = sys.argv[1:]
connection = sqlite3.connect(database)
connection.text_factory = bytes
entries = connection.execute(
    "SELECT id, at, actor, action, detail, hash FROM audit ORDER BY id"
).fetchall()
if mode == "rewrite":
    connection.execute("DROP TRIGGER audit_update")
before = bytes(32)
for number, at, actor, action, detail, stored in entries:
    digest = hashlib.sha256(before + struct.pack(">qq", number, at))
    for text in (actor, action, detail):
        digest.update(struct.pack(">I", len(text)) + text)
    if mode == "rewrite":
        before = digest.digest()
        connection.execute("UPDATE audit SET hash = ? WHERE id = ?", (before, number))
    else:
        before = stored
        if digest.digest() != stored:
            print(number)
connection.commit()
print(before.hex())
