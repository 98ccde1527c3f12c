"""`pki` as a process, for whoever measures it."""

import subprocess
import time

MEMORY = ("/usr/bin/time", "-f", "%M")


def taken(command, directory):
    """Milliseconds of wall time, from before the process is made until its end is known; nobody reads what it says."""
    silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    begin = time.perf_counter()
    subprocess.run(command, cwd=directory, check=True, **silent)
    return (time.perf_counter() - begin) * 1000


def resident(process):
    """What GNU time has said last, in MiB."""
    return int(process.stderr.strip().splitlines()[-1]) / 1024


class Pki:
    """A CA without a passphrase, in a directory of its own."""

    def __init__(self, program, directory):
        self.program = str(program)
        self.directory = directory
        directory.mkdir()
        self("init", "--no-passphrase")
        self("issue-client", "alice")

    def __call__(self, *words, before=()):
        command = [*before, self.program, *words]
        return subprocess.run(command, cwd=self.directory, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def timed(self, *words):
        """Milliseconds of wall time."""
        return taken([self.program, *words], self.directory)

    def memory(self, *words):
        """The largest resident set, in MiB."""
        return resident(self(*words, before=MEMORY))

    @property
    def data(self):
        return self.directory / "ca-data"

    @property
    def database(self):
        return self.data / "pki.db"
