"""Kills, crowds and full disks for each CA, and a table of what they lost."""

import argparse
import contextlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

import authorities

PAGE = pathlib.Path(__file__).parents[2] / "docs/faults.md"
BEGIN = "<!-- measured: made by `tests/faults/run --write` -->"
END = "<!-- end of what was measured -->"


class Tally:
    """How often something was done to a CA, how often it refused or failed, and what was lost by it."""

    def __init__(self):
        self.done = 0
        self.failed = 0
        self.events = 0
        self.lost = {}

    def look(self, authority, already):
        """Counts what is lost now and was not before."""
        new = {key: what for key, what in authority.lost().items() if key not in already}
        if new:
            self.events += 1
            for what in new.values():
                self.lost[what] = self.lost.get(what, 0) + 1
        return already | set(new)

    def told(self):
        if not self.lost:
            return "nothing"
        return "; ".join(f"{count} × {what}" for what, count in sorted(self.lost.items()))


def killed(kind, home, count, draw):
    """SIGKILL at drawn instants of the CA's own command; after each another certificate is issued."""
    tally = Tally()
    authority, already, generation = kind(home / "0"), set(), 0
    authority.prepare("timed")
    begin = time.perf_counter()
    authority.run(authority.issue("timed"))
    whole = time.perf_counter() - begin
    for number in range(count):
        name = f"killed-{number}"
        authority.prepare(name)
        process = subprocess.Popen(
            authority.issue(name), cwd=authority.directory, env=authority.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )
        time.sleep(whole * draw.random())
        if process.poll() is None:
            tally.done += 1
            # What it started too: easy-rsa is a script.
            for kill in (process.kill, lambda: signal_group(process)):
                kill()
        process.wait()
        if not authority.issues(f"next-{number}"):
            tally.failed += 1
        already = tally.look(authority, already)
        if "index" in already or tally.failed and not authority.issues(f"again-{number}"):
            # It does not come to its feet again by itself: the next kills are another's.
            generation += 1
            authority, already = kind(home / str(generation)), set()
    return tally


def signal_group(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def at_once(kind, home, workers, each):
    """Several processes that issue at the same time."""
    tally = Tally()
    authority = kind(home / "0")
    failures = []

    def work(worker):
        for number in range(each):
            if not authority.issues(f"w{worker}-{number}"):
                failures.append(number)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.done, tally.failed = workers * each, len(failures)
    tally.look(authority, set())
    if not authority.issues("next"):
        tally.lost["the next command fails"] = 1
    return tally


def full_disk(kind, home):
    """A disk with so many KiB left, from none to enough; after each try there is room again."""
    tally = Tally()
    disk = home / "disk"
    disk.mkdir()
    for room in (*range(0, 40, 2), *range(40, 200, 8)):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", disk], check=True)
        try:
            authority = kind(disk / "ca")
            authority.prepare("full")
            filler = disk / "filler"
            with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while file.write(bytes(4096)):
                    pass
            os.truncate(filler, max(0, filler.stat().st_size - room * 1024))
            tally.done += 1
            refused = authority.run(authority.issue("full")).returncode != 0
            filler.unlink()
            tally.look(authority, set())
            if refused and not authority.issues("after"):
                tally.failed += 1
        finally:
            subprocess.run(["umount", disk], check=True)
    return tally


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pki", required=True)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--each", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--write", action="store_true")
    words = parser.parse_args()
    authorities.Pki.program = words.pki
    lines = ["| what was done | to | times | commands that failed | lost |", "| --- | --- | --- | --- | --- |"]
    ours = []
    with tempfile.TemporaryDirectory() as home:
        home = pathlib.Path(home)
        faults = [
            ("killed (SIGKILL) at a drawn instant", "kills", lambda kind, place: killed(kind, place, words.kills, random.Random(words.seed))),
            (f"{words.workers} processes at once, {words.each} certificates each", "certificates", lambda kind, place: at_once(kind, place, words.workers, words.each)),
            ("a full disk", "tries", full_disk),
        ]
        for number, (what, unit, fault) in enumerate(faults):
            for kind in authorities.ALL:
                if not kind.is_there():
                    lines.append(f"| {what} | {kind.name} | | not here | |")
                    continue
                place = home / f"{number}-{kind.name.replace(' ', '-')}"
                place.mkdir()
                tally = fault(kind, place)
                line = f"| {what} | {kind.name} | {tally.done} {unit} | {tally.failed} | {tally.told()} |"
                print(line, flush=True)
                lines.append(line)
                if kind is authorities.Pki:
                    ours.append((what, tally))
    table = "\n".join(lines)
    print(f"\nseed {words.seed}\n\n{table}")
    if words.write:
        page = PAGE.read_text()
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")
    sound = all(not tally.lost and not tally.failed for _, tally in ours)
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
