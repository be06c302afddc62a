"""The published vectors, one of every message and every refusal: opened, verified, and held to the published schemas.

Called by read_artefacts.py. A vector that is to be refused, and is not, is an error; and so is the contrary.
"""

import json

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

import sanad_protocol as protocol
from sanad_protocol import Refused, require


class Schemas:
    def __init__(self, bundle):
        resources = [(one["$id"], Resource.from_contents(one)) for one in bundle["$defs"].values()]
        registry = Registry().with_resources(resources)
        for one in bundle["$defs"].values():
            Draft202012Validator.check_schema(one)
        self._validators = {
            name: Draft202012Validator(one, registry=registry)
            for name, one in bundle["$defs"].items()
        }

    def fits(self, name, value):
        return self._validators[name].is_valid(value)

    def require(self, name, value, what):
        require(self.fits(name, value), f"{what}: not of the schema {name}")


class Vectors:
    def __init__(self, messages, keys, bundle):
        self.all = messages
        self.keys = {
            name: serialization.load_pem_private_key(pem.encode(), None).public_key()
            for name, pem in keys.items()
        }
        self.schemas = Schemas(bundle)
        self.root = protocol.read_certificate(messages["certificates"]["management-root"])
        self.now = protocol.read_time(messages["at"])
        self.floor = protocol.read_time(messages["statementFloor"])
        server = messages["serverKey"]
        self.server_key = X25519PrivateKey.from_private_bytes(protocol.decode(server["d"]))
        self.requests = {one["name"]: one for one in messages["requests"]}

    # A message of a device, as a server opens it

    def open_request(self, message, signer):
        jws = protocol.unseal(message, self.all["serverKey"]["kid"], self.server_key)
        header, payload = protocol.split_jws(jws)
        is_claim = header.get("typ") == "sanad-registration+jws"
        typ, member = (
            ("sanad-registration+jws", "x5c") if is_claim else ("sanad-request+jws", "x5t#S256")
        )
        protocol.verify(jws, self.keys[signer], typ, ["alg", "typ", member])
        self.schemas.require(
            "registration-header" if is_claim else "request-header", header, "header"
        )
        envelope = protocol.read_json(payload)
        self.schemas.require("request", envelope, "envelope")
        require(envelope["aud"] == self.all["server"], "aud")
        require(abs(protocol.read_time(envelope["ts"]) - self.now) <= protocol.WINDOW_MS, "ts")
        return envelope

    def compare_with_record(self, envelope, level):
        require(envelope["sub"] == self.all["subjects"][level], "sub")
        text = envelope["digitalId"]
        header, _ = protocol.split_jws(text)
        self.schemas.require("digital-id-header", header, "header of the digital ID")
        signer = "l1-chip" if level == "L1" else self.signer_of_l0(header)
        key = self.keys[signer]
        digital_id = protocol.read_json(
            protocol.verify(text, key, "JWT", ["alg", "typ", "x5c"])
        )
        self.schemas.require("digital-id", digital_id, "digital ID")
        require(protocol.subject_of(digital_id) == envelope["sub"], "the digital ID of another")
        at = protocol.read_time(digital_id["dateTime"].replace("Z", ".000Z"))
        require(at <= self.now + protocol.WINDOW_MS, "a digital ID from the future")

    def signer_of_l0(self, header):
        shown = protocol.read_certificate(header["x5c"][0]).public_key()
        return next(name for name, key in self.keys.items() if key == shown)

    def check_request(self, one):
        envelope = self.open_request(one["message"], one["signer"])
        require(envelope == json.loads(one["payload"]), "payload")
        self.compare_with_record(envelope, one["level"])
        self.schemas.require(one["type"], envelope["body"], "body")
        if "csr" in envelope["body"]:
            check_certification_request(envelope["body"])

    def check_refused_request(self, one):
        envelope = self.open_request(one["message"], "l1-device")
        self.compare_with_record(envelope, "L1")
        check_certification_request(envelope["body"])

    # What a client opens

    def sent(self, name):
        request = self.requests[name]
        envelope = json.loads(request["payload"])
        private = X25519PrivateKey.from_private_bytes(protocol.decode(request["replyPrivateKey"]))
        return {
            "mid": envelope["mid"],
            "subject": envelope["sub"],
            "digitalId": envelope["digitalId"],
            "reply": private,
        }

    def open_answer(self, message, to):
        answer = protocol.open_answer(
            message, self.sent(to), self.root, self.all["server"], self.now
        )
        self.schemas.require("answer", answer, "answer")
        return answer

    def check_answer(self, one):
        answer = self.open_answer(one["message"], one["to"])
        require(answer == json.loads(one["payload"]), "payload")
        self.schemas.require(one["type"], answer["body"], "body")
        self.schemas.require("answer-header", json.loads(one["header"]), "header")
        self.schemas.require("encryption-header", json.loads(one["encryption"]["header"]), "JWE")

    def check_refused_answer(self, one):
        self.open_answer(one["message"], "l1-check-in")

    def check_statement(self, one):
        statement = protocol.open_statement(
            one["jws"], self.root, self.all["statementNonce"], self.floor, self.now
        )
        self.schemas.require("server-statement", statement, "statement")

    def check_command(self, one):
        command = protocol.open_command(
            one["jws"], self.root, self.all["server"], self.all["subjects"]["L1"], self.now
        )
        self.schemas.require("command", command, "command")


def check_certification_request(body):
    request = x509.load_der_x509_csr(protocol.decode(body["csr"]))
    require(request.signature_hash_algorithm.name == "sha256", "hash of the request")
    require(request.is_signature_valid, "signature of the request")
    require(2048 <= request.public_key().key_size <= 4096, "size of the key")
    require(request.public_key().public_numbers().e == 65537, "exponent of the key")
    challenge = request.attributes.get_attribute_for_oid(x509.oid.AttributeOID.CHALLENGE_PASSWORD)
    require(challenge.value.decode() == body.get("replaces", body.get("nonce")), "challenge")


def refuses(check, one):
    try:
        check(one)
    except Refused:
        return True
    except ValueError:
        # What `cryptography` itself does not read.
        return True
    return False


def read_messages(messages, keys, bundle):
    vectors = Vectors(messages, keys, bundle)
    accepted = {
        "requests": vectors.check_request,
        "answers": vectors.check_answer,
        "statements": vectors.check_statement,
        "commands": vectors.check_command,
    }
    for kind, check in accepted.items():
        for one in messages[kind]:
            try:
                check(one)
            except Exception as error:
                raise ValueError(f"{kind} {one['name']}: {type(error).__name__} {error}") from error
    refused = {
        "requests": vectors.check_refused_request,
        "answers": vectors.check_refused_answer,
        "statements": vectors.check_statement,
        "commands": vectors.check_command,
    }
    for kind, check in refused.items():
        for one in messages["refused"][kind]:
            require(refuses(check, one), f"accepted, refused {kind}: {one['name']}")
