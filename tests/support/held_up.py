"""Runs a command on a terminal of its own and holds it up for longer than a second: held_up.py BY PLACE COMMAND…

BY is `lock`: PLACE is a database that cannot be written until the command has told of a second; or `stop`: the command is stopped for more
than a second as soon as a file lies in the directory PLACE. What it writes comes out on stdout; the exit code is the command's.
"""

import os
import pty
import re
import select
import signal
import sqlite3
import sys
import time

by, place, *command = sys.argv[1:]
lock = None
if by == "lock":
    lock = sqlite3.connect(place, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)

seen = b""
stopped = by != "stop"
while True:
    if not stopped and os.path.isdir(place) and os.listdir(place):
        stopped = True
        os.kill(child, signal.SIGSTOP)
        time.sleep(1.2)
        os.kill(child, signal.SIGCONT)
    if not select.select([terminal], [], [], 0.01)[0]:
        continue
    try:
        octets = os.read(terminal, 4096)
    except OSError:  # Linux's way to say that nobody is left on the other side
        break
    if not octets:
        break
    seen += octets
    if lock and re.search(rb": \d+ s", seen):
        lock.execute("COMMIT")
        lock = None

_, status = os.waitpid(child, 0)
if lock or not stopped:
    sys.exit("it was never held up")
sys.stdout.buffer.write(seen.replace(b"\r\n", b"\n"))
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(status))
