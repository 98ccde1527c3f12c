"""A small application that tells what it was asked. It prints its port, then a line for each request, and one when a client is gone.

    application.py [unix:PATH]
"""

import hashlib
import json
import os
import socket
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PART = bytes(64 << 10)
# What one request waits for and another one lets go on.
steps = threading.Semaphore(0)


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Application(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # The head and a short body leave in one packet.
    wbufsize = -1

    def setup(self):
        super().setup()
        self.expected = False

    def handle_expect_100(self):
        # Each answer decides for itself whether it asks for the body.
        self.expected = True
        return True

    def parts(self):
        """The body, part by part, as it comes; the trailers are kept."""
        self.trailers = []
        if self.expected:
            self.expected = False
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            left = int(self.headers.get("content-length", 0))
            while left and (part := self.rfile.read1(min(left, 1 << 16))):
                left -= len(part)
                yield part
            if left:
                raise ConnectionError("the body is not whole")
            return
        while True:
            line = self.rfile.readline()
            if not line:
                raise ConnectionError("the body is not whole")
            left = int(line, 16)
            if left == 0:
                break
            while left:
                part = self.rfile.read1(min(left, 1 << 16))
                if not part:
                    raise ConnectionError("the body is not whole")
                left -= len(part)
                yield part
            self.rfile.readline()
        while (line := self.rfile.readline()) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            self.trailers.append([name, value.strip()])

    def answer(self, status, body, kind="text/plain", fields=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def chunk(self, octets):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(octets), octets))
        self.wfile.flush()

    def any(self):
        say(self.requestline)
        url = urlsplit(self.path)
        act = getattr(self, "act_" + url.path.strip("/").replace("-", "_"), self.act_echo)
        act({name: values[0] for name, values in parse_qs(url.query).items()})

    def act_echo(self, _):
        """What was asked, all of it."""
        digest, length = hashlib.sha256(), 0
        for part in self.parts():
            digest.update(part)
            length += len(part)
        told = {
            "request": self.requestline,
            "headers": [[name, value] for name, value in self.headers.items()],
            "length": length,
            "sha256": digest.hexdigest(),
            "trailers": self.trailers,
            "connection": self.client_address[1],
        }
        self.answer(200, json.dumps(told).encode(), "application/json")

    def act_download(self, options):
        """So many octets."""
        left = int(options["octets"])
        self.send_response(200)
        self.send_header("Content-Length", str(left))
        self.end_headers()
        while left:
            part = PART[:left]
            self.wfile.write(part)
            left -= len(part)

    def act_events(self, _):
        """Events, each of which waits for a request that lets it go on."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(3):
            self.chunk(b"data: %d\n\n" % number)
            steps.acquire()
        self.chunk(b"")

    def act_step(self, _):
        steps.release()
        self.answer(204, b"")

    def act_slow_upload(self, _):
        """Tells of each part as it comes."""
        for part in self.parts():
            say("part " + part.decode())
        self.answer(200, b"done")

    def act_early(self, _):
        """Answers without having read the body, and ends."""
        self.close_connection = True
        self.answer(413, b"too much", fields=[("Connection", "close")])

    def act_unwanted(self, _):
        """Answers without having asked for the body."""
        self.answer(417, b"not wanted")

    def act_trailers(self, _):
        self.send_response(200)
        self.send_header("Trailer", "X-Sum, Pki-Name")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.chunk(b"body")
        self.wfile.write(b"0\r\nX-Sum: 4\r\nPki-Name: mallory\r\n\r\n")

    def act_both_lengths(self, _):
        """A length that is not the one of the chunks: an attempt to make two answers of one."""
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.chunk(b"whole body")
        self.chunk(b"")

    def act_cut(self, _):
        """Ends before the body does."""
        self.send_response(200)
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b"half")
        self.close_connection = True

    def act_older(self, _):
        """As HTTP/1.0 answers: the end of the connection is that of the body."""
        self.protocol_version = "HTTP/1.0"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"from before")
        self.close_connection = True

    def act_varies(self, _):
        self.answer(200, b"yours", fields=[("Vary", "Client-Cert"), ("Pki-Reason", "revoked"), ("Keep-Alive", "timeout=1")])

    def act_hints(self, _):
        """Says something before its answer."""
        self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n")
        self.answer(200, b"hinted")

    def act_garbage(self, _):
        self.wfile.write(b"this is no HTTP\r\n\r\n")
        self.close_connection = True

    def act_nothing(self, _):
        self.close_connection = True

    def act_unasked(self, _):
        self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        self.close_connection = True

    def act_silent(self, _):
        """Never answers; tells when the client has gone away."""
        self.wait_for_the_end()

    def act_half(self, _):
        """Begins an answer and never ends it; tells when the client has gone away."""
        self.send_response(200)
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b"half")
        self.wfile.flush()
        self.wait_for_the_end()

    def wait_for_the_end(self):
        try:
            self.connection.recv(1)
        except OSError:
            pass
        say("gone " + self.path)
        self.close_connection = True

    def log_message(self, *_):
        pass

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.any
        raise AttributeError(name)


class Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True

    def handle_error(self, *_):
        say("broken")


class UnixServer(Server):
    address_family = socket.AF_UNIX

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("unix", 0)


if len(sys.argv) > 1:
    server = UnixServer(sys.argv[1].removeprefix("unix:"), Application)
    say("0")
else:
    server = Server(("127.0.0.1", 0), Application)
    say(str(server.server_address[1]))
server.serve_forever()
