"""Opens a WebSocket and keeps it in use: PORT, the trust anchor, a certificate and its key. It says `open`, and `closed` when the other
side ends it.
"""

import socket
import ssl
import sys

REQUEST = (
    "GET /held HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def main():
    port, anchor, certificate, key = sys.argv[1:]
    context = ssl.create_default_context(cafile=anchor)
    context.load_cert_chain(certificate, key)
    with socket.create_connection(("127.0.0.1", int(port))) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as stream:
            stream.sendall(REQUEST.encode())
            answer = stream.recv(65536)
            print("open" if answer.startswith(b"HTTP/1.1 101 ") else answer, flush=True)
            stream.settimeout(1)
            while is_there(stream):
                pass
    print("closed", flush=True)


def is_there(stream):
    """Whether the other side is still there, who repeats whatever is said; a second of silence is broken."""
    try:
        return stream.recv(65536) != b""
    except TimeoutError:
        stream.sendall(b"still here\n")
        return True
    except OSError:
        return False


if __name__ == "__main__":
    main()
