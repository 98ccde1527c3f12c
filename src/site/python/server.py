"""An application for Python and uvicorn that lets in who has a valid certificate of this CA, and nobody else.

Start it: @start@     (python3 -m pip install uvicorn)
Keep its CRLs current: see @directory@/pki-python.timer

`pki server-config python` wrote this file and writes it anew when it is run again: copy it before you change it.
"""

import asyncio
import os
import signal
import ssl
import sys

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

HOST, PORT = "@ip@", @port@
CHAIN = "@fullchain@"
KEY = "@key@"
AUTHORITIES = "@client_ca@"
ISSUING = "@issuing@"
CRLS = "@crl@"
PID = "@directory@/pid"
READ = "@directory@/.read"


class MutualTls(ssl.SSLContext):
    """Judges each handshake by the files as they were when they were last read."""

    def read(self):
        # Always a new context: with it come new keys for tickets and an empty cache, so that no session outlives the CRLs that
        # it was judged by. Python knows no other way to forget sessions.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # At this level neither SHA-1 nor RSA of less than 2048 bits is taken, whatever the system says.
        context.set_ciphers("HIGH:!aNULL:!MD5:!kRSA:@SECLEVEL=2")
        # A handshake within a connection would be judged by what the files were when the connection began.
        context.options |= ssl.OP_NO_RENEGOTIATION
        context.load_cert_chain(CHAIN, KEY)
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
        context.load_verify_locations(AUTHORITIES)
        context.load_verify_locations(CRLS)
        self.issuers = subjects(ISSUING)
        self.current = context

    def wrap_bio(self, *arguments, **options):
        """What asyncio calls for each connection."""
        return self.current.wrap_bio(*arguments, **options)


def subjects(file):
    """The subjects of the CAs in a file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(file)
    return {certificate["subject"] for certificate in context.get_ca_certs()}


tls = MutualTls(ssl.PROTOCOL_TLS_SERVER)


class ClientCertificates(H11Protocol):
    """HTTP for those whose certificate a CA of ours issued; the application learns who that is."""

    def connection_made(self, transport):
        super().connection_made(transport)
        handshake = transport.get_extra_info("ssl_object")
        # The handshake may have begun before the files were read again, and ended after that.
        self.name = name_in(handshake.getpeercert()) if handshake.context is tls.current else None
        self.app_state = {**self.app_state, "name": self.name}
        if self.name is None:
            transport.abort()

    def data_received(self, data):
        if self.name is not None:
            super().data_received(data)


def name_in(certificate):
    """The name in a certificate that a CA of ours issued."""
    # One that a CA beneath ours signed was not issued here, whatever chain leads to it: Python has no limit on that.
    if certificate["issuer"] not in tls.issuers:
        return None
    names = [value for attributes in certificate["subject"] for kind, value in attributes if kind == "commonName"]
    return names[0] if len(names) == 1 else None


async def application(scope, receive, send):
    """Yours begins here. Who asks is in `scope["state"]`, and no header says anything about it."""
    if scope["type"] != "http":
        return
    body = f"hello {scope['state']['name']}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def main():
    tls.read()
    config = uvicorn.Config(
        application, host=HOST, port=PORT, http=ClientCertificates, proxy_headers=False, lifespan="off"
    )
    config.load()
    config.ssl = tls
    server = uvicorn.Server(config)

    def refresh():
        try:
            tls.read()
        except OSError as error:
            print(f"goes on with the older files: {error}", file=sys.stderr)
            return
        # Each ends with the request that is in work.
        for connection in list(server.server_state.connections):
            connection.shutdown()
        # So that the refresh script knows.
        open(READ, "w").close()
        print("read its files again", file=sys.stderr)

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, refresh)
    with open(PID, "w") as file:
        print(os.getpid(), file=file)
    await server.serve()


asyncio.run(main())
