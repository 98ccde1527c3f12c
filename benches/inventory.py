"""Inventories of any size, for measuring alone.

The rows are bulk-inserted: a certificate that the CA issued is copied with another serial number, name and fingerprint, so that every
column and index is as long as a real one's. No signature but the first's is good, and the audit log knows of none of them: nothing that
is measured here looks at either.
"""

import hashlib
import os
import sqlite3
import time

BATCH = 20_000
# So many seconds lie between two revocations: a million take most of a year, and no two are of one second.
PACE = 30


def fill(database, rows, revoked):
    """Adds this many client certificates, all of them revoked or none."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    columns = [row[1] for row in connection.execute("PRAGMA table_info(certificate)")]
    template = dict(
        zip(
            columns,
            connection.execute("SELECT * FROM certificate WHERE profile = 'client' ORDER BY id DESC LIMIT 1").fetchone(),
        )
    )
    der, serial = template["der"], template["serial_number"]
    at = der.index(serial)
    now = int(time.time())
    first = connection.execute("SELECT max(id) FROM certificate").fetchone()[0] + 1
    statement = f"INSERT INTO certificate ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    for begin in range(first, first + rows, BATCH):
        batch = []
        for number in range(begin, min(begin + BATCH, first + rows)):
            # As random as a real one, so that no index is written in order.
            own = b"\x01" + hashlib.sha256(number.to_bytes(8)).digest()[: len(serial) - 1]
            copy = der[:at] + own + der[at + len(serial) :]
            name = f"person-{number:09}"
            row = dict(template)
            row.update(
                id=number,
                der=copy,
                fingerprint_sha256=hashlib.sha256(copy).digest(),
                serial_number=own,
                name=name,
                name_folded=name,
                subject=f"CN={name}",
                revoked_at=now - 60 - PACE * (number - first) if revoked else None,
                reason_code=1 if revoked else None,
            )
            batch.append(tuple(row[column] for column in columns))
        connection.execute("BEGIN")
        connection.executemany(statement, batch)
        connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    # What was written here without waiting must not be what the measured commands wait for.
    os.sync()
