"""Reads what Sanad makes with Python's `cryptography`, and checks its signatures.

One argument: the folder with list.tsv. One line for each artefact: "ok" or "fail", artefact, "read", detail.
"""

import base64
import json
import pathlib
import sys

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import pkcs12

import read_messages

FOLDER = pathlib.Path(sys.argv[1])
ROWS = [line.split("\t") for line in (FOLDER / "list.tsv").read_text().splitlines()]
PATHS = {name: ([] if path == "-" else path.split(",")) for name, _, _, _, path in ROWS}


def bytes_of(name):
    return (FOLDER / name).read_bytes()


def certificate(name):
    return x509.load_der_x509_certificate(bytes_of(name))


def require(condition, what):
    if not condition:
        raise ValueError(what)


def read_certificate(name, *_):
    leaf = certificate(name)
    # Reading the extensions decodes each; a malformed one is refused here.
    require(all(extension.value is not None for extension in leaf.extensions), "extensions")
    require(leaf.not_valid_before_utc < leaf.not_valid_after_utc, "dates")
    chain = [leaf, *[certificate(above) for above in PATHS[name]]]
    for below, issuer in zip(chain, chain[1:]):
        below.verify_directly_issued_by(issuer)
    if len(chain) == 1 and leaf.issuer == leaf.subject:
        leaf.verify_directly_issued_by(leaf)


def read_request(name, *_):
    request = x509.load_der_x509_csr(bytes_of(name))
    require(request.is_signature_valid, "signature")
    list(request.extensions)


def read_list(name, _profile, signer):
    found = x509.load_der_x509_crl(bytes_of(name))
    require(found.is_signature_valid(certificate(signer).public_key()), "signature")
    require(found.issuer == certificate(signer).subject, "issuer")
    require(found.next_update_utc > found.last_update_utc, "dates")
    require(all(extension.value is not None for extension in found.extensions), "extensions")
    for entry in found:
        require(entry.serial_number > 0, "serial number of an entry")
        list(entry.extensions)


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify_jws(text, key):
    header, payload, signature = text.split(".")
    signed = f"{header}.{payload}".encode()
    algorithm = json.loads(decode(header))["alg"]
    json.loads(decode(payload))
    if isinstance(key, rsa.RSAPublicKey):
        require(algorithm == "RS256", "algorithm")
        key.verify(decode(signature), signed, padding.PKCS1v15(), hashes.SHA256())
    else:
        require(isinstance(key, ed25519.Ed25519PublicKey) and algorithm == "EdDSA", "algorithm")
        key.verify(decode(signature), signed)


def read_jws(name, _profile, signer):
    verify_jws(bytes_of(name).decode(), certificate(signer).public_key())


def require_pair(key, leaf):
    require(key.public_key() == leaf.public_key(), "key and certificate do not fit")


def read_pkcs12(name, password, signer):
    key, leaf, _ = pkcs12.load_key_and_certificates(bytes_of(name), password.encode())
    require(leaf == certificate(signer), "another certificate")
    require_pair(key, leaf)


def read_pem(name, _profile, signer):
    key = serialization.load_pem_private_key(bytes_of(name), None)
    (leaf,) = x509.load_pem_x509_certificates(bytes_of(name))
    require(leaf == certificate(signer), "another certificate")
    require_pair(key, leaf)


def read_json(name, *_):
    require(isinstance(json.loads(bytes_of(name)), dict), "not an object")


def read_vectors(name, *_):
    """RFC 7518 section 4.6 by hand: ECDH-ES direct, A256GCM; then the JWS inside."""
    vectors = json.loads(bytes_of(name))
    private = X25519PrivateKey.from_private_bytes(decode(vectors["serverPrivateKey"]["d"]))
    header, _, iv, ciphertext, tag = vectors["accepted"]["message"].split(".")
    members = json.loads(decode(header))
    shared = private.exchange(X25519PublicKey.from_public_bytes(decode(members["epk"]["x"])))
    number = lambda n: n.to_bytes(4, "big")
    algorithm = members["enc"].encode()
    info = number(len(algorithm)) + algorithm + number(0) + number(0) + number(256)
    key = ConcatKDFHash(hashes.SHA256(), 32, info).derive(shared)
    sealed = decode(ciphertext) + decode(tag)
    jws = AESGCM(key).decrypt(decode(iv), sealed, header.encode()).decode()
    verify_jws(jws, serialization.load_pem_public_key(vectors["devicePublicKey"].encode()))
    envelope = json.loads(decode(jws.split(".")[1]))
    require(envelope["mid"] == vectors["accepted"]["mid"], "mid")


def read_all_messages(name, *_):
    parts = [json.loads(bytes_of(part)) for part in (name, "vector-keys", "schemas")]
    read_messages.read_messages(*parts)


READERS = {
    "certificate": read_certificate,
    "request": read_request,
    "list": read_list,
    "jws": read_jws,
    "pkcs12": read_pkcs12,
    "pem": read_pem,
    "json": read_json,
    "vectors": read_vectors,
    "messages": read_all_messages,
}


def main():
    for name, kind, profile, signer, _ in ROWS:
        # The description of the operators' API is for others to read; what is asked of this one is counted by its caller.
        if kind == "api":
            continue
        try:
            READERS[kind](name, profile, signer)
            print("ok", name, "read", sep="\t")
        except (Exception, InvalidSignature) as refusal:  # noqa: BLE001 - whatever it is, it was not read
            detail = f"{type(refusal).__name__} {refusal}".replace("\n", " ")
            print("fail", name, "read", detail, sep="\t")


main()
