"""A management client of one L0 device, written from docs/protocol.md alone: it registers, checks in, asks for
commands, rotates its key as it is told, and reports.

Reads one JSON object in a line from standard input: port, root (PEM), digitalId (seven fields), enrolmentSecret.
Says "registered" when it is, and waits for a line before it does the rest. The last line is what came of it, as JSON.
"""

import http.client
import json
import os
import ssl
import sys
import time

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

import sanad_protocol as protocol
from sanad_protocol import CLAIMS, encode, require


class Server:
    """Who it is and what time it has, by its signed statement; and the one way to ask it."""

    def __init__(self, port, root_pem):
        self.root = x509.load_pem_x509_certificate(root_pem.encode())
        trusted = ssl.create_default_context(cadata=root_pem)
        self.http = http.client.HTTPSConnection("127.0.0.1", port, context=trusted, timeout=60)
        nonce = encode(os.urandom(16))
        headers = {"Sanad-Identifiers": "2"}
        text = self.exchange("GET", f"/device/v1/server?nonce={nonce}", None, headers)
        statement = protocol.open_statement(text, self.root, nonce, floor=0)
        self.id = statement["iss"]
        self.key = statement["encryptionKey"]
        self.ahead = statement["time"]["midpoint"] - time.monotonic() * 1000

    def now(self):
        return round(self.ahead + time.monotonic() * 1000)

    def exchange(self, method, path, body, headers):
        self.http.request(method, path, body, headers)
        reply = self.http.getresponse()
        text = reply.read().decode()
        require(reply.status == 200, f"{method} {path}: {reply.status} {text}")
        return text

    def post(self, message):
        headers = {"Content-Type": "application/jose"}
        return self.exchange("POST", "/device/v1/messages", message, headers)


class Device:
    def __init__(self, server, digital_id, secret):
        self.server = server
        self.claims = digital_id
        self.secret = secret
        self.key = new_key()
        self.certificate = protocol.carrier_certificate(self.key, server.now())
        self.installation = encode(os.urandom(16))
        self.seq = 0
        self.highest = 0

    def ask(self, kind, body):
        """Signs, seals, sends, opens: the type and the body of the answer."""
        self.seq += 1
        at = self.server.now()
        seconds = protocol.write_time(at)[:19] + "Z"
        digital_id = {**self.claims, "dateTime": seconds}
        signed_id = protocol.sign_digital_id(digital_id, self.key, self.certificate)
        reply = X25519PrivateKey.generate()
        envelope = {
            "v": 1,
            "mid": encode(os.urandom(16)),
            "seq": self.seq,
            "ts": protocol.write_time(at),
            "aud": self.server.id,
            "sub": protocol.subject_of(digital_id),
            "digitalId": signed_id,
            "type": kind,
            "body": body,
            "replyTo": {"kty": "OKP", "crv": "X25519", "x": protocol.public_x(reply)},
        }
        jws = protocol.sign(protocol.header_of(kind, self.certificate), envelope, self.key)
        text = self.server.post(protocol.seal(jws, self.server.key["kid"], self.server.key["x"]))
        sent = {
            "mid": envelope["mid"],
            "subject": envelope["sub"],
            "digitalId": signed_id,
            "reply": reply,
        }
        answer = protocol.open_answer(
            text, sent, self.server.root, self.server.id, self.server.now()
        )
        return answer["type"], answer["body"]

    def expect(self, kind, body):
        answered, content = self.ask(kind, body)
        wanted = "registration-answer" if kind == "registration" else f"{kind}-answer"
        require(answered == wanted, f"{kind}: {answered} {content}")
        return content

    def information(self):
        return {
            "deviceStatus": "Ready",
            "certification": "L0",
            "firmware": "1.0",
            "serviceVersion": "1.0",
            "specVersions": ["0.9.5"],
            "purpose": "Registration",
            "env": "Staging",
            "clientVersion": "python 1",
            "operatingSystem": "Linux",
        }

    def install(self, key, chain):
        leaf = protocol.read_certificate(chain[0])
        require(leaf.public_key() == key.public_key(), "the certificate of another key")
        self.key, self.certificate = key, leaf

    def register(self):
        nonce = self.expect("registration-challenge", {})["nonce"]
        body = {
            "nonce": nonce,
            "csr": protocol.certification_request(self.key, nonce),
            "level": "L0",
            "enrolmentSecret": self.secret,
            "deviceInformation": self.information(),
        }
        answer = self.expect("registration", body)
        require(answer["outcome"] == "registered", f"registration: {answer}")
        self.install(self.key, answer["certificateChain"])

    def check_in(self):
        body = {
            "deviceInformation": self.information(),
            "installation": self.installation,
            "certificateInUse": "yes",
            "facts": {"architecture": "x64", "processors": os.cpu_count()},
        }
        return self.expect("check-in", body)

    def ask_for_commands(self, reports=()):
        body = {"highest": self.highest, "reports": list(reports)}
        answer = self.expect("commands", body)
        subject = protocol.subject_of(self.claims)
        server = self.server
        opened = [
            protocol.open_command(text, server.root, server.id, subject, server.now())
            for text in answer["commands"]
        ]
        self.highest = max([self.highest, *(one["number"] for one in opened)])
        return opened

    def rotate(self):
        key = new_key()
        replaces = protocol.thumbprint(self.certificate)
        csr = protocol.certification_request(key, replaces)
        answer = self.expect("key-rotation", {"csr": csr, "replaces": replaces})
        require(answer["outcome"] == "issued", f"rotation: {answer}")
        self.install(key, answer["certificateChain"])

    def report(self, command):
        at = protocol.write_time(self.server.now())
        return {"id": command["id"], "number": command["number"], "state": "succeeded", "at": at}


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def main():
    given = json.loads(sys.stdin.readline())
    server = Server(given["port"], given["root"])
    device = Device(server, given["digitalId"], given["enrolmentSecret"])
    device.register()
    registered = protocol.thumbprint(device.certificate)
    print("registered", flush=True)
    sys.stdin.readline()
    waiting = device.check_in()["commandsWaiting"]
    commands = device.ask_for_commands()
    require([one["type"] for one in commands] == ["rotate-key"], "one command: rotate the key")
    device.rotate()
    device.check_in()
    left = device.ask_for_commands([device.report(one) for one in commands])
    result = {
        "commandsWaiting": waiting,
        "registered": registered,
        "rotated": protocol.thumbprint(device.certificate),
        "left": len(left),
        "seq": device.seq,
    }
    print(json.dumps(result))


main()
