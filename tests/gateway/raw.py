"""Sends octets over TLS as they stand, each line of standard input a JSON string of them, and writes what comes back.

    raw.py PORT SERVER_NAME|- ROOT CERTIFICATE KEY
"""

import json
import os
import select
import socket
import ssl
import sys

port, name, root, certificate, key = sys.argv[1:]
context = ssl.create_default_context(cafile=root)
context.load_cert_chain(certificate, key)
# Without a name, as for an address.
context.check_hostname = name != "-"
plain = socket.create_connection(("127.0.0.1", int(port)))
secure = context.wrap_socket(plain, server_hostname=None if name == "-" else name)
sources = [secure, 0]
lines = b""
print("connected", file=sys.stderr, flush=True)
while secure in sources:
    ready = [secure] if secure.pending() else select.select(sources, [], [])[0]
    if 0 in ready:
        read = os.read(0, 1 << 16)
        *whole, lines = (lines + read).split(b"\n")
        secure.setblocking(True)
        try:
            for line in whole:
                secure.sendall(json.loads(line).encode("latin-1"))
        except OSError:
            # What the server has said is still to be read.
            read = b""
        if not read:
            sources.remove(0)
    if secure in ready:
        secure.setblocking(False)
        try:
            octets = secure.recv(1 << 16)
        except ssl.SSLWantReadError:
            continue
        except OSError as cause:
            print(cause, file=sys.stderr)
            break
        if not octets:
            break
        sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()
