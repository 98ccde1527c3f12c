"""Sends octets over TLS as they are: PORT, the trust anchor, a certificate and its key; what to send comes on standard input.

Behind a NUL octet stands what is sent only when the head of the answer is there and changes to another protocol. A line that comes back
unchanged ends it, and so does the other side.
"""

import socket
import ssl
import sys


def main():
    port, anchor, certificate, key = sys.argv[1:]
    first, _, second = sys.stdin.buffer.read().partition(b"\0")
    context = ssl.create_default_context(cafile=anchor)
    context.load_cert_chain(certificate, key)
    with socket.create_connection(("127.0.0.1", int(port)), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as stream:
            stream.sendall(first)
            answer = b""
            while second and b"\r\n\r\n" not in answer:
                answer += receive(stream)
            has_changed = answer.startswith(b"HTTP/1.1 101 ")
            if has_changed:
                stream.sendall(second)
            while not has_changed or second not in answer:
                octets = receive(stream)
                if not octets:
                    break
                answer += octets
    sys.stdout.buffer.write(answer)


def receive(stream):
    """What comes next; nothing at the end, also where that is not announced."""
    try:
        return stream.recv(65536)
    except (ssl.SSLEOFError, ConnectionResetError):
        return b""


if __name__ == "__main__":
    main()
