"""Three CAs that can be asked the same: to issue to somebody, and what of all that was issued they still know."""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess

EASY_RSA = "/usr/share/easy-rsa/easyrsa"
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


class Authority:
    """A CA in a directory of its own. `issue` gives the command lines, of which the last is the CA's own."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir()
        self.environment = {**os.environ, "HOME": str(directory)}

    def run(self, command):
        return subprocess.run(command, cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True)

    def prepare(self, name):
        """What comes before the CA's own command."""

    def issues(self, name):
        """Whether it issues to somebody, from the beginning to the end."""
        self.prepare(name)
        return self.run(self.issue(name)).returncode == 0

    def lost(self):
        """What is wrong, in words: certificates in files of which it knows nothing, an index that is gone."""
        files, known = self.in_files(), self.known()
        if known is None:
            return {"index": "the index is gone or cannot be read"}
        return {serial: "a certificate that the index does not know" for serial in files - known}


class Indexed(Authority):
    """One that keeps an index.txt and writes each certificate into a directory under its serial number."""

    def known(self):
        try:
            lines = self.index.read_text().splitlines()
        except (OSError, UnicodeDecodeError):
            return None
        rows = [line.split("\t") for line in lines]
        if not rows or any(len(row) != 6 for row in rows):
            return None
        return {row[3].upper() for row in rows}

    def in_files(self):
        whole = (path for path in self.by_serial.iterdir() if PEM.search(path.read_text(errors="replace")))
        return {path.stem.upper() for path in whole}


class OpensslCa(Indexed):
    name = "openssl ca"

    def __init__(self, directory):
        super().__init__(directory)
        self.index = directory / "index.txt"
        self.by_serial = directory / "newcerts"
        self.by_serial.mkdir()
        self.index.touch()
        (directory / "serial").write_text("01\n")
        (directory / "ca.cnf").write_text(
            "[ca]\ndefault_ca = it\n[it]\ndatabase = index.txt\nserial = serial\nnew_certs_dir = newcerts\ncertificate = ca.pem\n"
            "private_key = ca.key\ndefault_md = sha256\ndefault_days = 365\npolicy = any\n[any]\ncommonName = supplied\n"
        )
        new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 3650 -subj /CN=ca"
        self.run(["openssl", *new.split()])
        assert self.issues("first")

    @staticmethod
    def is_there():
        return shutil.which("openssl")

    def prepare(self, name):
        key = f"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"
        self.run(["openssl", *key.split()])

    def issue(self, name):
        return ["openssl", *f"ca -config ca.cnf -batch -notext -in {name}.csr -out {name}.pem".split()]


class EasyRsa(Indexed):
    name = "easy-rsa"

    def __init__(self, directory):
        super().__init__(directory)
        pki = directory / "pki"
        self.environment.update(EASYRSA_BATCH="1", EASYRSA_ALGO="ec", EASYRSA_CURVE="prime256v1", EASYRSA_PKI=str(pki))
        for words in (["init-pki"], ["build-ca", "nopass"]):
            self.run([EASY_RSA, *words])
        self.index = pki / "index.txt"
        self.by_serial = pki / "certs_by_serial"
        assert self.issues("first")

    @staticmethod
    def is_there():
        return os.access(EASY_RSA, os.X_OK)

    def issue(self, name):
        return [EASY_RSA, "build-client-full", name, "nopass"]


class Pki(Authority):
    name = "pki"
    program = None

    def __init__(self, directory):
        super().__init__(directory)
        self.run([self.program, "init", "--no-passphrase"])
        assert self.issues("first")

    @staticmethod
    def is_there():
        return True

    def issue(self, name):
        return [self.program, "issue-client", name]

    def rows(self):
        connection = sqlite3.connect(self.directory / "ca-data/pki.db", timeout=60)
        try:
            return connection.execute("SELECT der, profile FROM certificate").fetchall()
        finally:
            connection.close()

    def known(self):
        try:
            return {hashlib.sha1(der).digest() for der, _ in self.rows()}
        except sqlite3.Error:
            return None

    def in_files(self):
        """The localKeyId of each bundle, which is the SHA-1 of its certificate and lies outside the encryption."""
        bundles = (self.directory / "ca-data/clients").rglob("[!.]*.p12")
        return {identifier for bundle in bundles if (identifier := self.identifier(bundle.read_bytes()))}

    @staticmethod
    def identifier(bundle):
        found = re.search(rb"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x15\x31\x16\x04\x14(.{20})", bundle, re.DOTALL)
        return found and found.group(1)

    def lost(self):
        lost = super().lost()
        # It promises more than its peers: whoever was recorded has a bundle, and everything fits together.
        if "index" not in lost:
            clients = {hashlib.sha1(der).digest() for der, profile in self.rows() if profile == "client"}
            lost |= {identifier: "a certificate whose only key is gone" for identifier in clients - self.in_files()}
            verified = self.run([self.program, "verify-store", "--json"])
            if verified.returncode != 0:
                lost["store"] = str(json.loads(verified.stdout)["problems"])
        return lost


ALL = (Pki, OpensslCa, EasyRsa)
