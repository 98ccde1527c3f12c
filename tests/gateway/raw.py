"""Sends octets over TLS as they stand, and writes what comes back.

    raw.py PORT SERVER_NAME ROOT CERTIFICATE KEY [each]

Each line of standard input is a JSON string of octets. They go over one connection, whose answers are written as they come; or each over a
connection of its own, and what came back until the server ended that is written as a JSON string.
"""

import json
import os
import select
import socket
import ssl
import sys

port, name, root, certificate, key = sys.argv[1:6]
context = ssl.create_default_context(cafile=root)
context.load_cert_chain(certificate, key)


def connect():
    return context.wrap_socket(socket.create_connection(("127.0.0.1", int(port))), server_hostname=name)


def answer(octets):
    heard = b""
    with connect() as secure:
        try:
            secure.sendall(octets)
        except OSError:
            # What the server has said is still to be read.
            pass
        try:
            while part := secure.recv(1 << 16):
                heard += part
        except OSError as cause:
            print(cause, file=sys.stderr)
    return heard


def converse():
    secure = connect()
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


if sys.argv[6:] == ["each"]:
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line).encode("latin-1")).decode("latin-1")), flush=True)
else:
    converse()
