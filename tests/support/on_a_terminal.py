"""Runs a command on a terminal of its own: on_a_terminal.py COLUMNS ANSWER COMMAND…

What it writes comes out on stdout, in the order in which a person would see it. Once it asks something that ends with
"[y/N] ", ANSWER is typed. The exit code is the command's.
"""

import fcntl
import os
import pty
import struct
import sys
import termios

columns, answer, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    # The width must be there before the command looks.
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(columns), 0, 0))
    os.execvp(command[0], command)

seen = b""
asked = False
while True:
    try:
        octets = os.read(terminal, 4096)
    except OSError:  # Linux's way to say that nobody is left on the other side
        break
    if not octets:
        break
    seen += octets
    if not asked and seen.endswith(b"[y/N] "):
        asked = True
        os.write(terminal, answer.encode() + b"\n")

_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(seen.replace(b"\r\n", b"\n"))
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(status))
