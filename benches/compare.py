"""Measures `pki` as a process, beside its peers and as its inventory grows, and writes what it found into docs/performance.md.

Each figure is the median of the rounds; in a round everybody has one turn, so that whatever else the machine does falls on all of
them. Memory is what GNU time says: the largest resident set.
"""

import argparse
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import peers
import serving
from ours import MEMORY, Pki, resident, taken

PAGE = pathlib.Path(__file__).parent.parent / "docs/performance.md"
BEGIN = "<!-- measured: made by `benches/run` -->"
END = "<!-- end of what was measured -->"


def median_of(rounds, measure):
    return statistics.median(measure(number) for number in range(rounds))


def milliseconds(value):
    return f"{value:.1f} ms"


def beside_peers(program, home, rounds):
    """One client certificate as a process, everybody in turn."""
    there = [peer(home / peer.name) for peer in peers.ALL if peer.is_there()]
    ours = Pki(program, home / "ours")
    found = {"pki": [], **{peer.name: [] for peer in there}}
    for number in range(1, rounds + 1):
        found["pki"].append(ours.timed("issue-client", f"c{number}"))
        for peer in there:
            begin = time.perf_counter()
            peer.issue(number)
            found[peer.name].append((time.perf_counter() - begin) * 1000)
    medians = {name: statistics.median(values) for name, values in found.items()}
    memory = statistics.median(ours.memory("issue-client", f"m{number}") for number in range(5))
    lines = ["| | median | of openssl's time |", "| --- | --- | --- |"]
    whole = medians.get("openssl")
    for name, value in medians.items():
        ratio = f"{value / whole:.2f}" if whole else ""
        lines.append(f"| {name} | {milliseconds(value)} | {ratio} |")
    return lines, f"`pki issue-client` had {memory:.1f} MiB at the most."


def rsa_keys(program, home):
    """RSA keys, ours and openssl's in turn; from each is taken what the same command costs with a key on P-256.

    How long one takes is chance, so that it is the mean of many.
    """
    ours = Pki(program, home / "keys")
    lines = ["| key | pki | openssl | ratio |", "| --- | --- | --- | --- |"]
    commands = {
        "pki": lambda n, rsa: [ours.program, "issue-client", f"k-{rsa}-{n}", "--key-algorithm", f"rsa-{rsa}" if rsa else "p256"],
        "openssl": lambda n, rsa: ["openssl", "genrsa", "-out", "key.pem", str(rsa)]
        if rsa
        else ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "key.pem"],
    }

    def means(rsa, count):
        found = {name: [] for name in commands}
        for number in range(count):
            for name, command in commands.items():
                found[name].append(taken(command(number, rsa), ours.directory))
        return {name: statistics.mean(values) for name, values in found.items()}

    base = means(0, 20)
    for rsa, count in ((2048, 60), (3072, 24), (4096, 12)):
        found = {name: mean - base[name] for name, mean in means(rsa, count).items()}
        cells = [milliseconds(found["pki"]), milliseconds(found["openssl"]), f"{found['pki'] / found['openssl']:.2f}"]
        lines.append(f"| RSA {rsa}, mean of {count} | {' | '.join(cells)} |")
    return lines


def starting(program, home, rounds):
    pki = Pki(program, home / "starting")
    size = os.path.getsize(program) / 2**20
    version = median_of(rounds * 3, lambda _: pki.timed("--version"))
    return f"`pki --version` takes {milliseconds(version)}; the program has {size:.1f} MiB."


def many(program, home, count):
    """Batches of this many rows, with bundles and without."""
    lines = ["| rows | a second | memory |", "| --- | --- | --- |"]
    for rows in (count // 10, count):
        for words, what in (([], "with bundles"), (["--no-bundles"], "without")):
            pki = Pki(program, home / f"many-{rows}-{len(words)}")
            table = pki.directory / "people.csv"
            table.write_text("name\n" + "".join(f"person-{number}\n" for number in range(rows)))
            (pki.directory / "out").mkdir()
            options = words or ["--passwords", "passwords.csv"]
            begin = time.perf_counter()
            memory = pki.memory("issue-clients", "people.csv", "--out-dir", "out", *options)
            rate = rows / (time.perf_counter() - begin)
            lines.append(f"| {rows:,} {what} | {rate:,.0f} | {memory:.0f} MiB |")
    return lines


def growing(bench, sizes, rounds):
    """The same work beside inventories of these sizes."""
    lines = [
        "| rows | issue-client | list | list NAME | show SERIAL | CRL, all revoked | its memory | the next CRL |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for rows in sizes:
        valid, revoked = bench.authority(rows), bench.authority(rows, revoked=True)
        # Nobody whom an earlier run knows.
        run = f"run-{time.time_ns():x}"
        name = f"person-{rows // 2:09}"
        serial = valid("list", name, "--json").stdout.split('"serial_number": "')[1].split('"')[0]
        few = max(3, rounds // 3)
        # The number of a CRL is a second at least: one that follows at once takes the next.
        revoked("issue-client", f"{run}-bob")
        revoked("revoke", f"{run}-bob", "--yes")
        memory = revoked.memory("crl")
        cells = [
            milliseconds(median_of(rounds, lambda n: valid.timed("issue-client", f"{run}-{n}"))),
            milliseconds(median_of(rounds, lambda _: valid.timed("list"))),
            milliseconds(median_of(rounds, lambda _: valid.timed("list", name))),
            milliseconds(median_of(rounds, lambda _: valid.timed("show", serial))),
            milliseconds(median_of(few, lambda _: revoked.timed("crl"))),
            f"{memory:.0f} MiB",
        ]
        revoked("issue-client", f"{run}-carol")
        cells.append(milliseconds(revoked.timed("revoke", f"{run}-carol", "--yes")))
        lines.append(f"| {rows:,} | {' | '.join(cells)} |")
        print(lines[-1], file=sys.stderr)
    return lines


def long_crl(ours, home, rows, rounds):
    """A CRL that lists so many, everybody in turn; ours has its certificates revoked already."""
    commands = {"pki crl": lambda: ours("crl", before=MEMORY), "pki crl --out crl.pem": lambda: ours("crl", "--out", "crl.pem", before=MEMORY)}
    for peer in (peer(home / f"crl-{peer.name}") for peer in peers.REVOKING if peer.is_there()):
        peer.revoke(rows)
        commands[peer.told] = lambda peer=peer: peer.crl(MEMORY)
    found = {name: ([], []) for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            begin = time.perf_counter()
            process = command()
            found[name][0].append((time.perf_counter() - begin) * 1000)
            found[name][1].append(resident(process))
    lines = ["| | median | memory |", "| --- | --- | --- |"]
    for name, (times, memory) in found.items():
        lines.append(f"| `{name}` | {milliseconds(statistics.median(times))} | {statistics.median(memory):.0f} MiB |")
    return lines


def versions():
    def first(*command):
        try:
            told = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        except FileNotFoundError:
            return "not there"
        return (told.stdout + told.stderr).strip().splitlines()[0]

    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return [
        f"- {os.cpu_count()} processors, {processor}",
        f"- {first('openssl', 'version')}; cfssl {first('cfssl', 'version')}; mkcert {first('mkcert', '-version')}",
    ]


def parts(program, home, bench, rounds):
    """What is measured, in its order: a name, the heading, and how."""
    last = bench.sizes[-1]

    def process():
        table, memory = beside_peers(program, home, rounds)
        return [*table, "", memory, "", starting(program, home, rounds)]

    served = {what: (heading, lambda what=what: serving.everything(bench, [what])[2:-1]) for what, (heading, _, _) in serving.WHAT.items()}
    return {
        "process": ("One client certificate, as a process", process),
        "rsa": ("RSA keys", lambda: rsa_keys(program, home)),
        "many": ("Many", lambda: many(program, home, 10_000)),
        "growth": ("As the inventory grows", lambda: growing(bench, bench.sizes, rounds)),
        "crl": (f"A CRL of {last:,}", lambda: long_crl(bench.authority(last, revoked=True), home, last, max(3, rounds // 3))),
        **served,
    }


def sections(text):
    """The headings of a text and what stands under each."""
    found = (section.split("\n", 1) for section in text.split("\n## ")[1:])
    return {heading: body.strip() for heading, body in found}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pki", type=pathlib.Path, required=True)
    parser.add_argument("--rows", default="1000,10000,100000,1000000")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", type=pathlib.Path, help="where the inventories lie and stay; the next run takes them from there")
    parser.add_argument("--only", help="process, rsa, many, growth, crl, ocsp, verify, handshake, idle; the other tables stay as they are")
    options = parser.parse_args()
    program = options.pki.resolve()
    sizes = [int(size) for size in options.rows.split(",")]
    page = PAGE.read_text()
    begin, end = page.index(BEGIN), page.index(END)
    known = sections("\n" + page[begin + len(BEGIN) : end])
    lines = []
    with tempfile.TemporaryDirectory() as home:
        home = pathlib.Path(home)
        kept = (options.keep or home / "inventories").resolve()
        kept.mkdir(exist_ok=True)
        bench = serving.Bench(program, kept, sizes, rounds=3)
        for name, (heading, measure) in parts(program, home, bench, options.rounds).items():
            if options.only and name not in options.only.split(","):
                body = known.get(heading, "Not measured yet.")
            else:
                when = f"Measured on {time.strftime('%Y-%m-%d')}; load {os.getloadavg()[0]:.1f} when it began."
                body = "\n".join([*measure(), "", when])
                print(f"## {heading}\n\n{body}\n", flush=True)
            lines += [f"## {heading}", "", body, ""]
    text = "\n".join([*lines, "## Where", "", *versions()])
    PAGE.write_text(page[:begin] + BEGIN + "\n" + text + "\n" + page[end:])


if __name__ == "__main__":
    main()
