"""How each peer issues one client certificate: a key on P-256, a certificate, a PKCS#12 at 2,048 iterations. The CAs are made before.
And how some of them make a CRL, of serial numbers as long as ours.
"""

import hashlib
import json
import os
import shutil
import subprocess

EASY_RSA = "/usr/share/easy-rsa/easyrsa"


def quiet(command, **options):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)


def serial_numbers(rows):
    for number in range(rows):
        yield b"\x41" + hashlib.sha256(number.to_bytes(8)).digest()[:19]


class Peer:
    """A CA in a directory of its own; `commands(n)` are the command lines for the n-th client."""

    def __init__(self, directory):
        self.directory = directory
        self.environment = {**os.environ, "HOME": str(directory)}
        directory.mkdir()

    def crl(self, before=()):
        """Makes a CRL of what `revoke` has revoked."""
        command = [*before, *self.crl_command()]
        return subprocess.run(command, cwd=self.directory, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def issue(self, number):
        for command in self.commands(number):
            quiet(command, cwd=self.directory, env=self.environment)


class Openssl(Peer):
    name = "openssl"
    told = "openssl ca -gencrl"

    def __init__(self, directory):
        super().__init__(directory)
        new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 3650 -subj /CN=ca"
        quiet(["openssl", *new.split()], cwd=directory)
        (directory / "ext").write_text("keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n")

    @staticmethod
    def is_there():
        return shutil.which("openssl")

    def revoke(self, rows):
        """An index in which this many certificates are revoked."""
        lines = (
            f"R\t351231235959Z\t260101120000Z,keyCompromise\t{serial.hex().upper()}\tunknown\t/CN=c{number}\n"
            for number, serial in enumerate(serial_numbers(rows))
        )
        (self.directory / "index.txt").write_text("".join(lines))
        (self.directory / "crlnumber").write_text("01\n")
        (self.directory / "ca.cnf").write_text(
            "[ca]\ndefault_ca = it\n[it]\ndatabase = index.txt\ncrlnumber = crlnumber\ncertificate = ca.pem\n"
            "private_key = ca.key\ndefault_md = sha256\ndefault_crl_days = 7\n"
        )

    def crl_command(self):
        return ["openssl", "ca", "-config", "ca.cnf", "-gencrl", "-out", "crl.pem"]

    def commands(self, n):
        key = f"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {n}.key -out {n}.csr -subj /CN=c{n}"
        sign = f"x509 -req -in {n}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 365 -extfile ext -out {n}.pem"
        bundle = f"pkcs12 -export -in {n}.pem -inkey {n}.key -certfile ca.pem -out {n}.p12 -passout pass:secret -iter 2048"
        return [["openssl", *line.split()] for line in (key, sign, bundle)]


class Cfssl(Peer):
    name = "cfssl"
    told = "cfssl gencrl"

    def __init__(self, directory):
        super().__init__(directory)
        request = {"CN": "ca", "key": {"algo": "ecdsa", "size": 256}}
        (directory / "ca.json").write_text(json.dumps(request))
        usages = ["digital signature", "client auth"]
        (directory / "config.json").write_text(json.dumps({"signing": {"default": {"expiry": "8760h", "usages": usages}}}))
        (directory / "client.json").write_text(json.dumps({**request, "CN": "client"}))
        quiet(["sh", "-c", "cfssl gencert -initca ca.json | cfssljson -bare ca"], cwd=directory)

    @staticmethod
    def is_there():
        return shutil.which("cfssl") and shutil.which("cfssljson")

    def revoke(self, rows):
        """A file with this many serial numbers."""
        (self.directory / "serials").write_text("".join(f"{int.from_bytes(serial)}\n" for serial in serial_numbers(rows)))

    def crl_command(self):
        return ["sh", "-c", "exec cfssl gencrl serials ca.pem ca-key.pem >crl.txt"]

    def commands(self, n):
        sign = f"cfssl gencert -ca ca.pem -ca-key ca-key.pem -config config.json client.json | cfssljson -bare c{n}"
        bundle = f"pkcs12 -export -in c{n}.pem -inkey c{n}-key.pem -certfile ca.pem -out {n}.p12 -passout pass:secret -iter 2048"
        return [["sh", "-c", sign], ["openssl", *bundle.split()]]


class Mkcert(Peer):
    name = "mkcert"

    def __init__(self, directory):
        super().__init__(directory)
        self.environment["CAROOT"] = str(directory)
        # Its first certificate makes the CA.
        self.issue(0)

    @staticmethod
    def is_there():
        return shutil.which("mkcert")

    def commands(self, n):
        return [["mkcert", "-client", "-ecdsa", "-pkcs12", "-p12-file", f"{n}.p12", f"c{n}"]]


class EasyRsa(Peer):
    name = "easy-rsa"

    def __init__(self, directory):
        super().__init__(directory)
        self.environment.update(EASYRSA_BATCH="1", EASYRSA_ALGO="ec", EASYRSA_CURVE="prime256v1", EASYRSA_PKI=str(directory / "pki"))
        for command in (["init-pki"], ["build-ca", "nopass"]):
            quiet([EASY_RSA, *command], cwd=directory, env=self.environment)

    @staticmethod
    def is_there():
        return os.access(EASY_RSA, os.X_OK)

    def commands(self, n):
        return [[EASY_RSA, "build-client-full", f"c{n}", "nopass"], [EASY_RSA, "export-p12", f"c{n}", "nopass"]]


ALL = (Openssl, Cfssl, Mkcert, EasyRsa)
# Those that make a CRL of a file of serial numbers.
REVOKING = (Openssl, Cfssl)
