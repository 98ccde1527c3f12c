"""Lints many certificates in one process: pkilint takes a second to start, and there are dozens of certificates.

The validators are those of `lint_pkix_cert lint`, the severity is that of `-s NOTICE`. Prints one line a finding:
file, severity, finding code, the field it is about and what it says, separated by tabs; then `linted N`.
"""

import sys

from pkilint import loader, validation
from pkilint.pkix import certificate, extension, name


def validators():
    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(
            name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS
        ),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


def main(files):
    validator = validators()
    for file in files:
        with open(file, "rb") as source:
            parsed = loader.RFC5280CertificateDocumentLoader().load_file(source, file)
        for result in validator.validate(parsed.root):
            for found in result.finding_descriptions:
                # The more severe, the smaller its number.
                if found.finding.severity > validation.ValidationFindingSeverity.NOTICE:
                    continue
                print(
                    file,
                    found.finding.severity.name,
                    found.finding.code,
                    result.node.path,
                    found.message or "",
                    sep="\t",
                )
    print("linted", len(files))


main(sys.argv[1:])
