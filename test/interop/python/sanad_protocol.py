"""The device protocol, written from docs/protocol.md with nothing but `cryptography`: a client's half, and enough of
the server's to open a message of the published vectors."""

import base64
import datetime
import hashlib
import json
import os
import re
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.x509.oid import NameOID

ARC = "1.2.840.113556.1.8000.2554.25278.1574.28378.18670.39616.10813618.11724411"
FORMER_ARC = "2.25.131251004729478411566948155425129948795"
RESPONSE, COMMAND = 2, 3
WINDOW_MS = 300_000


class Refused(Exception):
    pass


def require(condition, what):
    if not condition:
        raise Refused(what)


# Encodings


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    require(re.fullmatch(r"[A-Za-z0-9_-]*", text), "not base64url")
    require(len(text) % 4 != 1, "not base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    require(encode(data) == text, "loose trailing bits")
    return data


def percent_encode(text):
    """The set of JavaScript's encodeURIComponent."""
    return urllib.parse.quote(text, safe="-_.!~*'()")


def subject_of(digital_id):
    return "/".join(percent_encode(digital_id[name]) for name in ("make", "model", "serialNo"))


def _no_twin(pairs):
    names = [name for name, _ in pairs]
    require(len(set(names)) == len(names), "a member twice")
    require("__proto__" not in names, "__proto__")
    return dict(pairs)


def _depth(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max((_depth(one) for one in inner), default=0) + isinstance(value, (dict, list))


NAME_WITH_ESCAPE = re.compile(r'"[^"\\]*\\(?:[^"\\]|\\.)*"\s*:')


def _number(text):
    number = int(text)
    require(abs(number) < 2**53, "a number that a double rounds")
    return number


def read_json(data):
    try:
        text = data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_no_twin, parse_int=_number)
    except ValueError as error:
        raise Refused(f"JSON: {error}") from error
    require(isinstance(value, dict), "not an object")
    require(_depth(value) <= 8, "too deep")
    require(not _has_escaped_name(text), "an escape in a member name")
    return value


def _has_escaped_name(text):
    strings = re.finditer(r'"((?:[^"\\]|\\.)*)"(\s*:)?', text)
    return any("\\" in found[1] and found[2] for found in strings)


def read_time(text):
    require(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text), "not a time")
    try:
        at = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError as error:
        raise Refused(f"time: {error}") from error
    return round(at.timestamp() * 1000)


def write_time(at):
    moment = datetime.datetime.fromtimestamp(at / 1000, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}Z"


# JWE


def _agree(private, public_x):
    raw = decode(public_x)
    require(len(raw) == 32, "not an X25519 key")
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(raw))
    except ValueError as error:
        raise Refused(f"key agreement: {error}") from error
    number = lambda n: n.to_bytes(4, "big")  # noqa: E731
    info = number(7) + b"A256GCM" + number(0) + number(0) + number(256)
    return ConcatKDFHash(hashes.SHA256(), 32, info).derive(shared)


def public_x(private):
    return encode(private.public_key().public_bytes_raw())


def seal(jws, kid, x):
    ephemeral = X25519PrivateKey.generate()
    epk = {"kty": "OKP", "crv": "X25519", "x": public_x(ephemeral)}
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "cty": "JWT", "kid": kid, "epk": epk}
    protected = encode(json.dumps(header).encode())
    nonce = os.urandom(12)
    sealed = AESGCM(_agree(ephemeral, x)).encrypt(nonce, jws.encode(), protected.encode())
    return ".".join([protected, "", encode(nonce), encode(sealed[:-16]), encode(sealed[-16:])])


def unseal(text, kid, private):
    parts = text.split(".")
    require(len(parts) == 5 and parts[1] == "", "not a JWE of five parts with an empty second")
    protected, _, nonce, ciphertext, tag = parts
    header = read_json(decode(protected))
    require(sorted(header) == ["alg", "cty", "enc", "epk", "kid"], "members of the JWE header")
    algorithms = (header["alg"], header["enc"], header["cty"])
    require(algorithms == ("ECDH-ES", "A256GCM", "JWT"), "algorithms of the JWE header")
    epk = header["epk"]
    require(sorted(epk) == ["crv", "kty", "x"], "members of epk")
    require((epk["kty"], epk["crv"]) == ("OKP", "X25519"), "epk")
    require(header["kid"] == kid, "kid")
    nonce, ciphertext, tag = decode(nonce), decode(ciphertext), decode(tag)
    require(len(nonce) == 12 and len(tag) == 16, "length of nonce or tag")
    try:
        opened = AESGCM(_agree(private, epk["x"])).decrypt(
            nonce, ciphertext + tag, protected.encode()
        )
    except Refused:
        raise
    except Exception as error:
        raise Refused("not decryptable") from error
    return opened.decode("latin-1")


# JWS


def sign(header, payload, key):
    signing_input = f"{encode(json.dumps(header).encode())}.{encode(json.dumps(payload).encode())}"
    signature = key.sign(signing_input.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signing_input}.{encode(signature)}"


def split_jws(text):
    parts = text.split(".")
    require(len(parts) == 3, "not a JWS of three parts")
    return read_json(decode(parts[0])), decode(parts[1])


def verify(text, key, typ, members):
    """The payload, once header and signature are right. The algorithm is that of the key."""
    header, payload = split_jws(text)
    require(sorted(header) == sorted(members), "members of the JWS header")
    require(header["typ"] == typ, "typ")
    signed, _, signature = text.rpartition(".")
    signature = decode(signature)
    try:
        if isinstance(key, rsa.RSAPublicKey):
            require(header["alg"] == "RS256", "alg")
            key.verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        else:
            require(isinstance(key, ed25519.Ed25519PublicKey), "kind of key")
            require(header["alg"] == "EdDSA", "alg")
            key.verify(signature, signed.encode())
    except Refused:
        raise
    except Exception as error:
        raise Refused("signature") from error
    return payload


def base64_der(certificate):
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()


def read_certificate(text):
    return x509.load_der_x509_certificate(base64.b64decode(text, validate=True))


def thumbprint(certificate):
    return encode(hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest())


# What the server says


def verify_server_jws(text, typ, root, at, purpose=RESPONSE):
    header, _ = split_jws(text)
    require(sorted(header) == ["alg", "typ", "x5c"], "members of the JWS header")
    chain = header["x5c"]
    require(isinstance(chain, list) and len(chain) == 1, "x5c")
    leaf = read_certificate(chain[0])
    try:
        leaf.verify_directly_issued_by(root)
    except Exception as error:
        raise Refused("not of the management root") from error
    moment = datetime.datetime.fromtimestamp(at / 1000, datetime.timezone.utc)
    require(leaf.not_valid_before_utc <= moment <= leaf.not_valid_after_utc, "dates")
    usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    named = {usage.dotted_string for usage in usages}
    require(named & {f"{arc}.1.{purpose}" for arc in (ARC, FORMER_ARC)}, "extended key usage")
    return read_json(verify(text, leaf.public_key(), typ, ["alg", "typ", "x5c"]))


def open_statement(text, root, nonce, floor, now=None):
    claimed = read_json(split_jws(text)[1])
    at = claimed["time"]["midpoint"] if claimed.get("time") else now
    require(at is not None, "nobody knows the time")
    statement = verify_server_jws(text, "sanad-server-statement+jws", root, at)
    require(statement["nonce"] == nonce, "nonce")
    radius = statement["time"]["radius"] if statement["time"] else 0
    require(at + radius >= floor, "before the floor")
    require(read_time(statement["notAfter"]) >= at, "the encryption key has ended")
    return statement


def open_answer(text, sent, root, server, now):
    """`sent`: mid, subject, digitalId, and the private half of replyTo."""
    jws = unseal(text, sent["mid"], sent["reply"])
    answer = verify_server_jws(jws, "sanad-answer+jws", root, now)
    require(answer["iss"] == server, "iss")
    require(answer["aud"] == sent["subject"], "aud")
    require(answer["inReplyTo"] == sent["mid"], "inReplyTo")
    require(answer["digitalId"] == sent["digitalId"], "digitalId")
    require(abs(read_time(answer["ts"]) - now) <= WINDOW_MS, "ts")
    return answer


def open_command(text, root, server, subject, now):
    command = verify_server_jws(text, "sanad-command+jws", root, now, COMMAND)
    require(command["iss"] == server, "iss")
    require(command["aud"] == subject, "aud")
    return command


# What a client says


def certification_request(key, challenge):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "device")])
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name)
        .add_attribute(x509.oid.AttributeOID.CHALLENGE_PASSWORD, challenge.encode())
        .sign(key, hashes.SHA256())
    )
    return encode(request.public_bytes(serialization.Encoding.DER))


def carrier_certificate(key, at):
    """Self-signed: it only carries the key of an L0 device that has no certificate yet."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "device")])
    moment = datetime.datetime.fromtimestamp(at // 1000, datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - datetime.timedelta(hours=1))
        .not_valid_after(moment + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )


def sign_digital_id(digital_id, key, certificate):
    return sign({"alg": "RS256", "typ": "JWT", "x5c": [base64_der(certificate)]}, digital_id, key)


CLAIMS = ("registration-challenge", "registration")


def header_of(kind, certificate):
    if kind in CLAIMS:
        return {"alg": "RS256", "typ": "sanad-registration+jws", "x5c": [base64_der(certificate)]}
    return {"alg": "RS256", "typ": "sanad-request+jws", "x5t#S256": thumbprint(certificate)}
