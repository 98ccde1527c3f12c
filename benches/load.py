"""Servers as processes, what they cost, and the programs that ask them.

The generator shares the processors with the server, so that a rate by the clock says as much of the generator: what counts is
the processor time that the server itself took (utime and stime of /proc/PID/stat, all of its threads) for each answer.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import resource
import socket
import ssl
import subprocess
import time
import urllib.parse

TICKS = os.sysconf("SC_CLK_TCK")
LOCAL = "127.0.0.1"


def processor_seconds(processes):
    """What these processes have taken since they began."""
    total = 0
    for process in processes:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident(process):
    """The resident set, in MiB."""
    lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1024


def free_port():
    with socket.socket() as taken:
        taken.bind((LOCAL, 0))
        return taken.getsockname()[1]


def listened(place):
    """Waits until somebody listens there, without a connection: `openssl ocsp` would wait for what comes by it."""
    port = f":{int(place.rsplit(':', 1)[1]):04X}"
    for _ in range(600):
        lines = [line.split() for table in ("tcp", "tcp6") for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()]
        if any(fields[1].endswith(port) and fields[3] == "0A" for fields in lines if ":" in fields[1]):
            return
        time.sleep(0.1)
    raise SystemExit(f"nobody listens at {place}")


@contextlib.contextmanager
def running(command, **options):
    """A program that is ended with the block."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def on_processor(number):
    """The words that keep a program on one processor, where there is another one for what asks it."""
    processors = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(processors[number])] if len(processors) > 1 else []


@contextlib.contextmanager
def serving(pki, *options, alone=False):
    """`pki serve` on free ports; what it says goes into a file, as with a service. Gives its process and where it answers. Where it is
    `alone`, it has a processor and nobody who asks has it."""
    command = [*(on_processor(0) if alone else []), pki.program, "serve", "--listen", f"{LOCAL}:0", "--http", f"{LOCAL}:0", "--json", *options]
    with open(pki.directory / "server.log", "w") as log, running(command, cwd=pki.directory, stdout=subprocess.PIPE, stderr=log) as process:
        places = json.loads(process.stdout.readline())
        yield process.pid, {name: urllib.parse.urlsplit(url) for name, url in places.items() if url}


@dataclasses.dataclass
class Measured:
    """What a run of a generator found."""

    answers: int
    seconds: float
    server: float
    slowest_99: float = 0
    octets: int = 0

    @property
    def microseconds(self):
        """Of the server's processor time, for one answer."""
        return self.server / self.answers * 1e6

    @property
    def a_core(self):
        """Answers a second of the server's processor time."""
        return self.answers / self.server


def median(runs):
    """The run that lies in the middle by what an answer cost."""
    return sorted(runs, key=lambda run: run.microseconds)[(len(runs) - 1) // 2]


SCRIPT = """
local parts = {}
local file = io.open(os.getenv("BENCH_PARTS"), "rb")
local all, length = file:read("*a"), tonumber(os.getenv("BENCH_LENGTH"))
file:close()

function init()
    local how, path, field = os.getenv("BENCH_METHOD"), os.getenv("BENCH_PATH"), os.getenv("BENCH_FIELD")
    local fixed = {}
    for name, value in string.gmatch(os.getenv("BENCH_HEADERS"), "([^:\\n]+): ([^\\n]*)") do fixed[name] = value end
    for at = 1, #all, length do
        local part = all:sub(at, at + length - 1)
        local headers = {}
        for name, value in pairs(fixed) do headers[name] = value end
        if field ~= "" then
            headers[field] = part:gsub("%s+$", "")
            part = nil
        end
        parts[#parts + 1] = wrk.format(how, path, headers, part)
    end
end

local turn = 0
function request()
    turn = turn % #parts + 1
    return parts[turn]
end

function done(summary, latency, _)
    local failed = summary.errors
    io.write(string.format("measured %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(99), summary.bytes,
        failed.connect + failed.read + failed.write + failed.status + failed.timeout))
end
"""


def wrk(home, place, processes, parts, *, seconds, connections, method="GET", path="/", headers=None, field=""):
    """Asks with each of the parts in turn, as a body or in a header field, on connections that stay open."""
    length = max(len(part) for part in parts)
    (home / "parts").write_bytes(b"".join(part.ljust(length) for part in parts))
    (home / "script.lua").write_text(SCRIPT)
    environment = {
        **os.environ,
        "BENCH_PARTS": str(home / "parts"),
        "BENCH_LENGTH": str(length),
        "BENCH_METHOD": method,
        "BENCH_PATH": path,
        "BENCH_FIELD": field,
        "BENCH_HEADERS": "".join(f"{name}: {value}\n" for name, value in (headers or {}).items()),
    }
    command = [*on_processor(1), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(home / "script.lua"), f"http://{place}"]
    # It prepares the requests before it begins, and the server has nothing to do meanwhile.
    before = processor_seconds(processes)
    told = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL).stdout
    server = processor_seconds(processes) - before
    words = next(line for line in told.splitlines() if line.startswith("measured ")).split()[1:]
    answers, micros, slowest, octets, failed = map(int, words)
    if failed or not answers:
        raise SystemExit(f"{failed} of {answers} answers failed:\n{told}")
    return Measured(answers, micros / 1e6, server, slowest / 1000, octets)


def one_by_one(place, processes, parts, *, seconds, path, headers):
    """Asks with each of the parts in turn, each on a connection of its own, as a server wants that ends it after one answer."""
    host, port = place.rsplit(":", 1)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    requests = [f"POST {path} HTTP/1.0\r\n{lines}Content-Length: {len(part)}\r\n\r\n".encode() + part for part in parts]
    before, begin = processor_seconds(processes), time.perf_counter()
    times, octets = [], 0
    while (now := time.perf_counter()) < begin + seconds:
        with socket.create_connection((host, int(port)), 10) as stream:
            stream.sendall(requests[len(times) % len(requests)])
            read = b"".join(iter(lambda: stream.recv(65536), b""))
        if not read.startswith(b"HTTP/1.0 200"):
            raise SystemExit(f"not answered: {read[:100]!r}")
        times.append((time.perf_counter() - now) * 1000)
        octets += len(read)
    server = processor_seconds(processes) - before
    return Measured(len(times), seconds, server, sorted(times)[len(times) * 99 // 100], octets)


OPENSSL = """
openssl_conf = begin
[begin]
ssl_conf = ssl
[ssl]
system_default = everybody
[everybody]
Groups = X25519
MinProtocol = TLSv1.3
Ciphersuites = TLS_AES_256_GCM_SHA384
"""


def handshakes(home, place, processes, certificate, key, *, path, seconds, clients):
    """Full handshakes, each with a GET, by so many clients of `openssl s_time` at once."""
    (home / "openssl.cnf").write_text(OPENSSL)
    environment = {**os.environ, "OPENSSL_CONF": str(home / "openssl.cnf")}
    command = ["openssl", "s_time", "-connect", place, "-new", "-tls1_3", "-cert", str(certificate), "-key", str(key)]
    command += ["-www", path, "-time", str(seconds)]
    before = processor_seconds(processes)
    told = [subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) for _ in range(clients)]
    answers = octets = 0
    for client in told:
        for line in client.communicate()[0].splitlines():
            # "734 connections in 5 real seconds, 2 bytes read per connection"
            if "real seconds" in line:
                words = line.split()
                answers += int(words[0])
                octets += int(words[0]) * int(words[6])
        if client.returncode:
            raise SystemExit(f"{' '.join(command)} failed")
    return Measured(answers, seconds, processor_seconds(processes) - before, octets=octets)


def sockets(process):
    """How many sockets a process has open."""
    found = 0
    for descriptor in pathlib.Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            found += os.readlink(descriptor).startswith("socket:")
    return found


def frame(kind, flags, stream, payload=b""):
    """RFC 9113 section 4.1."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


class Http2:
    """Logs in over HTTP/2 and stays; as much of it as one GET takes."""

    PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0)
    # How long a connection is left alone: a server may close one on which nothing moves for a minute.
    STILL = 25

    def __init__(self, port, certificate, key):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.port = port
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.context.load_cert_chain(certificate, key)
        self.context.set_alpn_protocols(["h2"])
        authority = f"localhost:{port}".encode()
        path = b"/login.json"
        # :method GET, :scheme https, :authority and :path as literals that are not indexed (RFC 7541 appendix A, section 6.2.2).
        self.fields = b"\x82\x87\x01" + bytes([len(authority)]) + authority + b"\x04" + bytes([len(path)]) + path

    def open(self):
        stream = socket.create_connection((LOCAL, self.port))
        tls = self.context.wrap_socket(stream, server_hostname="localhost")
        tls.sendall(self.PREFACE)
        self.ask(tls, 1)
        return tls

    def ask(self, tls, number):
        # END_STREAM and END_HEADERS.
        tls.sendall(frame(1, 5, number, self.fields))
        read = b""
        while b'"accepted"' not in read:
            octets = tls.recv(65536)
            if not octets:
                raise SystemExit(f"the server ended a connection: {read[-200:]!r}")
            read += octets

    def timed(self):
        """Milliseconds until a new login is answered."""
        begin = time.perf_counter()
        self.open().close()
        return (time.perf_counter() - begin) * 1000

    def hold(self, count):
        """So many connections; each asks again before it has been still for too long."""
        held = []
        for _ in range(count):
            held.append([self.open(), time.monotonic(), 1])
            # The one that was still for longest is the first.
            while time.monotonic() - held[0][1] > self.STILL:
                tls, _, number = held.pop(0)
                self.ask(tls, number + 2)
                held.append([tls, time.monotonic(), number + 2])
        return held
