"""pkilint's rules of RFC 5280 over the certificates and lists that Sanad makes.

One argument: the folder with list.tsv. Lines: "lint", artefact, rule, severity; then "ok", artefact, "linted".
"""

import pathlib
import sys

from pkilint import loader, pkix
from pkilint.pkix import certificate, crl, extension, name
from pkilint.validation import ValidationFindingSeverity


def certificate_rules():
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


def list_rules():
    return crl.create_pkix_crl_validator_container(
        [
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [
            crl.create_issuer_validator_container([]),
            crl.create_validity_validator_container([]),
            crl.create_extensions_validator_container([]),
        ],
    )


CERTIFICATES = (loader.RFC5280CertificateDocumentLoader(), certificate_rules())
LISTS = (loader.RFC5280CertificateListDocumentLoader(), list_rules())
BY_KIND = {"certificate": CERTIFICATES, "list": LISTS}


def lint(kind, artefact, der):
    reader, rules = BY_KIND[kind]
    document = reader.load_der_document(der, artefact)
    for result in rules.validate(document.root):
        for found in result.finding_descriptions:
            # A notice is advice and names no rule that is broken.
            if found.finding.severity <= ValidationFindingSeverity.WARNING:
                severity = found.finding.severity.name.lower()
                print("lint", artefact, found.finding.code, severity, sep="\t")
    print("ok", artefact, "linted", sep="\t")


def main():
    folder = pathlib.Path(sys.argv[1])
    for line in (folder / "list.tsv").read_text().splitlines():
        artefact, kind, profile, *_ = line.split("\t")
        # What others make in the field is read, not judged; the former form is not for pkilint (docs/adr/0010).
        if kind not in BY_KIND or profile in ("stand-in", "former"):
            continue
        try:
            lint(kind, artefact, (folder / artefact).read_bytes())
        except Exception as refusal:  # noqa: BLE001 - whatever it is, the artefact was not read
            print("fail", artefact, "linted", str(refusal).replace("\n", " "), sep="\t")


main()
