"""A server that keeps connections open and renegotiates at a client's wish; the CRLs count that are there when a handshake begins."""

import http.server
import ssl
import sys

port, chain, key, root, crls = sys.argv[1:]
# OpenSSL's SSL_OP_ALLOW_CLIENT_RENEGOTIATION, which Python has no name for.
ALLOW_CLIENT_RENEGOTIATION = 1 << 8


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        page = str(self.connection.getpeercert()["subject"]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


def read_crls(*_):
    context.load_verify_locations(crls)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(chain, key)
context.load_verify_locations(root)
context.verify_mode = ssl.CERT_REQUIRED
context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
context.options |= ALLOW_CLIENT_RENEGOTIATION
# Called at the beginning of each handshake, the second of a connection too.
context.sni_callback = read_crls
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
