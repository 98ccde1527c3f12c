"""Loads a bundle and logs in with it; prints what the server answers. Exit code 3: the bundle was refused.

BUNDLE_PASSWORD=... python login.py ROOT URL BUNDLE
"""

import os
import ssl
import sys
import tempfile
import urllib.request

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

root, url, bundle = sys.argv[1:]
with open(bundle, "rb") as file:
    contents = file.read()
try:
    key, certificate, above = pkcs12.load_key_and_certificates(
        contents, os.environ["BUNDLE_PASSWORD"].encode()
    )
except ValueError as refusal:
    print(refusal, file=sys.stderr)
    sys.exit(3)

assert key.public_key() == certificate.public_key()
assert len(above) == 2, above
context = ssl.create_default_context(cafile=root)
# Python's own ssl takes an identity from a file only; this one is readable by its owner alone and gone at once.
with tempfile.NamedTemporaryFile() as identity:
    identity.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for each in [certificate, *above]:
        identity.write(each.public_bytes(Encoding.PEM))
    identity.flush()
    context.load_cert_chain(identity.name)
with urllib.request.urlopen(url, context=context) as answer:
    sys.stdout.buffer.write(answer.read())
