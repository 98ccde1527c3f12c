"""Measures `pki serve`: OCSP, mutual TLS, the answers for proxies, and idle connections, beside Debian's nginx and `openssl ocsp`.

    benches/serving.py --pki target/release/pki [--rows 1000,1000000] [--only ocsp,verify,handshake,idle] [--keep DIRECTORY]
"""

import argparse
import contextlib
import hashlib
import pathlib
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import urllib.parse

import inventory
import load
from ours import Pki

# How many different certificates are asked about in turn.
ASKED = 20_000
CONNECTIONS = 32
SECRET = "a-secret-for-the-benchmark"


class Bench:
    """Where everything lies, and how long it is measured."""

    def __init__(self, program, home, sizes, seconds=5, rounds=5, idle=10_000, path="/login.json"):
        self.program, self.home, self.sizes = program, home, sizes
        self.seconds, self.rounds, self.idle, self.path = seconds, rounds, idle, path

    def authority(self, rows, revoked=False):
        """A CA with this many certificates, made where there is none yet."""
        directory = self.home / f"{'revoked' if revoked else 'valid'}-{rows}"
        if directory.exists():
            pki = Pki.__new__(Pki)
            pki.program, pki.directory = str(self.program), directory
            return pki
        pki = Pki(self.program, directory)
        if rows:
            inventory.fill(pki.database, rows, revoked)
        return pki

    def repeated(self, measure):
        """The run in the middle, by what an answer cost; the first one only warms up."""
        measure()
        return load.median([measure() for _ in range(self.rounds)])


def requests_about(issuer, serials, home):
    """OCSP requests without a nonce about certificates of this issuer; their serial numbers have one length."""
    request = home / "request.der"
    command = ["openssl", "ocsp", "-issuer", str(issuer), "-serial", f"0x{serials[0].hex()}", "-no_nonce", "-reqout", str(request)]
    subprocess.run(command, check=True, capture_output=True)
    der = request.read_bytes()
    at = der.index(serials[0])
    return [der[:at] + serial + der[at + len(serial) :] for serial in serials]


def requests_of(bench, pki):
    """Requests about certificates of this inventory, chosen by chance and the same ones each time."""
    with contextlib.closing(sqlite3.connect(pki.database)) as database:
        first, last = database.execute("SELECT min(id), max(id) FROM certificate WHERE name LIKE 'person-%'").fetchone()
        chosen = random.Random(1).sample(range(first, last + 1), min(ASKED, last + 1 - first))
        find = "SELECT serial_number FROM certificate WHERE id = ?"
        serials = [database.execute(find, (number,)).fetchone()[0] for number in chosen]
    return requests_about(pki.data / "issuing.pem", serials, bench.home)


@contextlib.contextmanager
def openssl_ocsp(bench, rows):
    """`openssl ocsp` as a responder that knows this many certificates, with the CA's own key on P-256. Gives its process, where it listens
    and requests that it can answer."""
    directory = bench.home / f"openssl-{rows}"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 3650 -subj /CN=ca"
    subprocess.run(["openssl", *new.split()], cwd=directory, check=True, capture_output=True)
    serials = [b"\x41" + hashlib.sha256(number.to_bytes(8)).digest()[:19] for number in range(rows)]
    with open(directory / "index.txt", "w") as index:
        index.writelines(f"V\t400101000000Z\t\t{serial.hex().upper()}\tunknown\t/CN={number}\n" for number, serial in enumerate(serials))
    port = load.free_port()
    command = f"ocsp -index index.txt -port {port} -CA ca.pem -rsigner ca.pem -rkey ca.key -nmin 60 -ignore_err"
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with load.running(["openssl", *command.split()], cwd=directory, **silent) as process:
        place = f"{load.LOCAL}:{port}"
        load.listened(place)
        yield process.pid, place, requests_about(directory / "ca.pem", serials[:ASKED], bench.home)


def signature():
    """What one bare signature on P-256 costs at this moment, in microseconds, by openssl: the machine is shared."""
    told = subprocess.run(["openssl", "speed", "-seconds", "1", "ecdsap256"], check=True, capture_output=True, text=True).stdout
    return 1e6 / float(told.strip().splitlines()[-1].split()[-2])


REQUEST = {"Content-Type": "application/ocsp-request"}


def asked_by_post(bench, process, place, parts):
    options = {"seconds": bench.seconds, "connections": CONNECTIONS, "method": "POST", "path": "/ocsp", "headers": REQUEST}
    return load.wrk(bench.home, place, [process], parts, **options)


HEADINGS = ["processor time an answer", "answers a second a core", "99 of 100 within"]


def table(first, headings):
    headings = [*first, *headings]
    return [f"| {' | '.join(headings)} |", f"|{' --- |' * len(headings)}"]


def cells(run):
    return f"{run.microseconds:.1f} µs | {run.a_core:,.0f} | {run.slowest_99:.2f} ms"


def ocsp(bench):
    """Each answer looked up and signed anew."""
    lines = table(["certificates", "responder", "a bare signature"], HEADINGS)

    def measure(name, rows, run):
        bare = statistics.median(signature() for _ in range(3))
        lines.append(f"| {rows:,} | {name} | {bare:.0f} µs | {cells(bench.repeated(run))} |")
        print(lines[-1], file=sys.stderr)

    for rows in bench.sizes:
        pki = bench.authority(rows)
        parts = requests_of(bench, pki)
        with load.serving(pki, alone=True) as (process, places):
            measure("pki serve", rows, lambda: asked_by_post(bench, process, places["http"].netloc, parts))
    with openssl_ocsp(bench, min(bench.sizes)) as (process, place, parts):
        measure("openssl ocsp", min(bench.sizes), lambda: load.one_by_one(place, [process], parts, seconds=bench.seconds, path="/", headers=REQUEST))
    return lines


def people(pki, count):
    """Certificates that the CA really issued, which proxies ask about: their names are those of the files."""
    directory = pki.directory / "people"
    if not directory.exists():
        directory.mkdir()
        (pki.directory / "people.csv").write_text("name\n" + "".join(f"proxied-{number}\n" for number in range(count)))
        pki("issue-clients", "people.csv", "--out-dir", "people", "--no-bundles")
    return sorted(path for path in directory.glob("*.pem") if not path.name.endswith(".key.pem"))


def verify(bench):
    """Each certificate looked up and judged at that moment."""
    lines = table(["certificates"], HEADINGS)
    for rows in bench.sizes:
        pki = bench.authority(rows)
        own = [path.read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n" for path in people(pki, 1000)]
        parts = [urllib.parse.quote(pem, safe="").encode() for pem in own]
        secret = pki.directory / "verify.secret"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        options = ["--verify", f"{load.LOCAL}:0", "--verify-form", "pem", "--verify-secret-file", str(secret)]
        with load.serving(pki, *options, alone=True) as (process, places):

            def run():
                return load.wrk(
                    bench.home,
                    places["verify"].netloc,
                    [process],
                    parts,
                    seconds=bench.seconds,
                    connections=CONNECTIONS,
                    path="/verify",
                    headers={"Pki-Verify-Secret": SECRET},
                    field="X-SSL-Client-Cert",
                )

            found = bench.repeated(run)
        lines.append(f"| {rows:,} | {cells(found)} |")
        print(lines[-1], file=sys.stderr)
    return lines


NGINX = """
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events { worker_connections 1024; }
http {
    access_log access.log;
    client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;
    keepalive_timeout 0;
    server {
        listen %(listen)s ssl;
        ssl_certificate %(chain)s;
        ssl_certificate_key %(key)s;
        ssl_protocols TLSv1.3;
        ssl_ecdh_curve X25519;
        ssl_verify_client on;
        ssl_verify_depth 2;
        ssl_client_certificate ca.pem;
        %(crl)s
        location / { return 200 "accepted\n"; }
    }
}
"""


@contextlib.contextmanager
def nginx(bench, pki, crl=None):
    """nginx with a certificate of the same CA, one worker."""
    directory = bench.home / "nginx"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    server = pki.data / "servers/nginx.test"
    if not server.exists():
        pki("issue-server", "nginx.test")
    (directory / "ca.pem").write_text((pki.data / "issuing.pem").read_text() + (pki.data / "root.pem").read_text())
    listen = f"{load.LOCAL}:{load.free_port()}"
    text = NGINX % {
        "listen": listen,
        "chain": server / "fullchain.pem",
        "key": server / "key.pem",
        "crl": f"ssl_crl {crl};" if crl else "",
    }
    (directory / "nginx.conf").write_text(text)
    with load.running(["nginx", "-p", str(directory), "-c", "nginx.conf"], stderr=subprocess.DEVNULL) as process:
        load.listened(listen)
        workers = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield workers, listen


def handshake(bench):
    """Full handshakes in TLS 1.3 with X25519 and certificates on P-256, both servers in turn."""
    lines = table(["revoked", "server"], ["processor time", "a second a core", "of nginx'"])
    for rows in (0, max(bench.sizes)):
        pki = bench.authority(rows, revoked=True)
        certificate = people(pki, 8)[0]
        key = certificate.with_suffix(".key.pem")
        crl = None
        if rows:
            crl = pki.directory / "crl.pem"
            pki("crl", "--bundle", "--out", str(crl))
        found = {}
        with contextlib.ExitStack() as stack:
            process, places = stack.enter_context(load.serving(pki, "--client-auth", "required"))
            workers, listen = stack.enter_context(nginx(bench, pki, crl))
            turns = {"pki serve": ([process], places["https"].netloc.replace("localhost", load.LOCAL)), "nginx": (workers, listen)}
            runs = {name: [] for name in turns}
            for _ in range(bench.rounds + 1):
                for name, (processes, place) in turns.items():
                    run = load.handshakes(
                        bench.home, place, processes, certificate, key, path=bench.path, seconds=bench.seconds, clients=4
                    )
                    runs[name].append(run)
            found = {name: load.median(all_runs[1:]) for name, all_runs in runs.items()}
        for name, run in found.items():
            ratio = run.a_core / found["nginx"].a_core
            lines.append(f"| {rows:,} | {name} | {run.microseconds:,.0f} µs | {run.a_core:,.0f} | {ratio:.2f} |")
            print(lines[-1], file=sys.stderr)
    return lines


def idle(bench):
    """Logins over HTTP/2 whose connections stay open and still, and new ones beside them."""
    count = bench.idle
    pki = bench.authority(0)
    certificate = people(pki, 8)[0]
    with load.serving(pki, "--max-connections", str(count + 1000)) as (process, places):
        client = load.Http2(places["https"].port, certificate, certificate.with_suffix(".key.pem"))
        empty = load.resident(process)
        held = client.hold(count)
        filled = load.resident(process)
        times = sorted(client.timed() for _ in range(50))
        there = load.sockets(process)
        del held
    if there < count:
        raise SystemExit(f"{there} of {count} connections were left")
    lines = table(["connections"], ["resident", "a new login, median", "the slowest of 50"])
    lines.append(f"| none | {empty:.0f} MiB | | |")
    lines.append(f"| {count:,} | {filled:.0f} MiB | {times[25]:.1f} ms | {times[-1]:.1f} ms |")
    return lines


# What is measured: its heading, the programs that it takes, and how.
WHAT = {
    "ocsp": ("OCSP over HTTP", ["wrk", "openssl"], ocsp),
    "verify": ("Answers for proxies, a thousand certificates in turn", ["wrk"], verify),
    "handshake": ("Full handshakes with a GET: TLS 1.3, X25519, certificates on P-256", ["nginx", "openssl"], handshake),
    "idle": ("Open connections over HTTP/2 on which nothing moves", [], idle),
}


def everything(bench, only=WHAT):
    """The tables, as lines."""
    lines = []
    for what in only:
        heading, programs, measure = WHAT[what]
        missing = [program for program in programs if not shutil.which(program)]
        found = [f"Not measured: {' and '.join(missing)} not found."] if missing else measure(bench)
        lines += [f"## {heading}", "", *found, ""]
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pki", type=pathlib.Path, required=True)
    parser.add_argument("--rows", default="1000,10000,100000,1000000")
    parser.add_argument("--only", default=",".join(WHAT))
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--path", default="/login.json", help="what is asked for after a handshake")
    parser.add_argument("--keep", type=pathlib.Path, help="where the inventories lie and stay")
    options = parser.parse_args()
    sizes = [int(size) for size in options.rows.split(",")]
    with tempfile.TemporaryDirectory() as home:
        home = (options.keep or pathlib.Path(home)).resolve()
        home.mkdir(exist_ok=True)
        bench = Bench(options.pki.resolve(), home, sizes, options.seconds, options.rounds, options.idle, options.path)
        print("\n".join(everything(bench, options.only.split(","))))


if __name__ == "__main__":
    main()
