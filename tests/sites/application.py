"""An application behind a proxy that believes every header in which a proxy could tell who is there.

It reads header names as CGI and WSGI do, so that `X_SSL_Client_Verify` is as good as `X-SSL-Client-Verify`, and lets in everybody who
is named by any of them: whatever a proxy lets through is seen. Its page names them all. `/headers` echoes the header section as
it came, and the trailers, `/fields` the former alone; `/named` believes `Pki-Name` and nothing else; a request for an upgrade is granted,
to whatever protocol, and what follows is echoed.

Its address is its first argument; `[::1]:0` and the like take a free port. The port is printed when it listens.
"""

import base64
import hashlib
import http.server
import re
import sys
import urllib.parse

# Names as CGI has them. Whoever stands in one of these is believed only if the proxy says that it verified.
DISTINGUISHED_NAMES = {"X_SSL_CLIENT_S_DN", "SSL_CLIENT_S_DN", "X_SSL_CLIENT_DN"}
VERIFIED = {"X_SSL_CLIENT_VERIFY", "SSL_CLIENT_VERIFY"}
# These say both.
CERTIFICATES = {
    "CLIENT_CERT",
    "X_SSL_CLIENT_CERT",
    "SSL_CLIENT_CERT",
    "X_FORWARDED_CLIENT_CERT",
    "X_FORWARDED_TLS_CLIENT_CERT",
    "X_FORWARDED_TLS_CLIENT_CERT_INFO",
    "X_FORWARDED_TLS_CLIENT_CERT_INFOS",
}
COMMON_NAME = re.compile(r'(?:^|[,/"+;]|Subject=)\s*CN\s*=\s*((?:\\.|[^,/"+;\\])+)')
# The attribute type 2.5.4.3 as DER, then a UTF8String, PrintableString or IA5String of less than 128 octets.
ENCODED_COMMON_NAME = re.compile(rb"\x06\x03\x55\x04\x03[\x0c\x13\x16]([\x00-\x7f])", re.DOTALL)


def common_names(text):
    """Those of a distinguished name as text, in any of the usual forms."""
    text = urllib.parse.unquote(text)
    return [unescaped(name).strip() for name in COMMON_NAME.findall(text)]


def unescaped(name):
    """Octets stand there as they are, which http.server takes for Latin-1, or as two digits (RFC 4514 section 2.4)."""
    octet = re.compile(rb"\\([0-9A-Fa-f]{2}|.)", re.DOTALL)
    plain = octet.sub(
        lambda at: bytes.fromhex(at[1].decode()) if len(at[1]) == 2 else at[1],
        name.encode("latin-1", "replace"),
    )
    return plain.decode(errors="replace")


def common_names_of_certificate(text):
    """The subject's, of a certificate in base64: of the names in it, it comes last."""
    text = re.sub(r"-----[A-Z ]+-----", "", urllib.parse.unquote(text))
    text = re.sub(r"[^A-Za-z0-9+/=]", "", text.split(";")[0].split(",")[0])
    try:
        der = base64.b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return []
    found = [(at.end(), at.group(1)[0]) for at in ENCODED_COMMON_NAME.finditer(der)]
    names = [der[start : start + length].decode(errors="replace") for start, length in found]
    return names[-1:]


def names_in(fields):
    """Everybody whom these header fields name."""
    normal = [(name.upper().replace("-", "_"), value) for name, value in fields]
    verified = any(name in VERIFIED and value == "SUCCESS" for name, value in normal)
    found = []
    for name, value in normal:
        if name in DISTINGUISHED_NAMES and verified:
            found += common_names(value)
        if name in CERTIFICATES:
            found += common_names(value) + common_names_of_certificate(value)
    return list(dict.fromkeys(found))


class Application(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self):
        trailers = self.read_body()
        if self.headers.get("Upgrade"):
            self.echo()
            return
        names = self.names()
        if not names:
            self.answer(403, "Nobody is let in.\n")
        elif self.path in ("/headers", "/fields"):
            lines = [f"{name}: {value}\n" for name, value in self.headers.items()]
            self.answer(200, "".join(lines + (trailers if self.path == "/headers" else [])))
        else:
            self.answer(200, f"Welcome, {' and '.join(names)}.\n")

    do_POST = do_GET

    def names(self):
        if self.path == "/named":
            name = urllib.parse.unquote(self.headers.get("Pki-Name", ""))
            return [name] if name else []
        return names_in(self.headers.items())

    def read_body(self):
        """Reads and drops the body; the trailers as they came."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            self.rfile.read(size + 2)
        trailers = []
        while (line := self.rfile.readline()).strip():
            trailers.append(line.decode("latin-1").strip() + "\n")
        return trailers

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def echo(self):
        """Switches protocols, to a WebSocket as RFC 6455 §4.2.2 has it, and sends back every line until the end."""
        key = self.headers.get("Sec-WebSocket-Key", "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.send_response(101)
        self.send_header("Upgrade", self.headers["Upgrade"])
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()
        self.wfile.flush()
        while line := self.rfile.readline():
            self.wfile.write(line)
            self.wfile.flush()
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    # Two hundred may come at once.
    request_queue_size = 512
    daemon_threads = True


def main():
    host, _, port = sys.argv[1].rpartition(":")
    server = Server((host.strip("[]"), int(port)), Application)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
