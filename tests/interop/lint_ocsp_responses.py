"""Lints OCSP responses as `lint_ocsp_response lint -s NOTICE` does, many in one process.

Prints one line a finding: file, severity, finding code, the field it is about and what it says, separated by tabs; then
`linted N`.
"""

import sys

from pkilint import loader, pkix, validation
from pkilint.pkix import extension, name, ocsp


def validators():
    return ocsp.create_pkix_ocsp_response_validator_container(
        [
            ocsp.create_response_decoder(),
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [],
    )


def main(files):
    validator = validators()
    for file in files:
        with open(file, "rb") as source:
            parsed = loader.RFC6960OCSPResponseDocumentLoader().load_der_document(source.read(), file)
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
