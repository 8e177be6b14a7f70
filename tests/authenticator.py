"""A device with a passkey, in software: it answers registrations and sign-ins as a browser hands them on."""

import json
from hashlib import sha256
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256, CoseKey
from fido2.utils import websafe_encode
from fido2.webauthn import AttestedCredentialData, AuthenticatorData

from partners.models import User

HERE = "http://localhost"
FLAG = AuthenticatorData.FLAG
# Somebody was there, and the device knew them.
HELD = FLAG.UP | FLAG.UV


class Device:
    """`name` tells devices apart; `origin` is where its browser believes to be."""

    def __init__(self, name: str = "phone", origin: str = HERE) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id, self.origin = name.encode().ljust(16, b"."), origin

    def made(self, options: dict[str, Any]) -> str:
        """Its answer to the options of a page that adds a passkey."""
        public = options["publicKey"]
        key = CoseKey.for_alg(ES256.ALGORITHM).from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(b"\0" * 16, self.id, key)
        data = AuthenticatorData.create(_hash(public["rp"]["id"]), HELD | FLAG.AT, 0, credential)
        whole = cbor.encode({"fmt": "none", "attStmt": {}, "authData": bytes(data)})
        client = self._client("webauthn.create", public["challenge"])
        return self._answer(clientDataJSON=client, attestationObject=whole, more=b"not kept")

    def signed(self, options: dict[str, Any]) -> str:
        """Its answer to the options of a page that signs in."""
        public = options["publicKey"]
        data = bytes(AuthenticatorData.create(_hash(public["rpId"]), HELD, 1))
        client = self._client("webauthn.get", public["challenge"])
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, **parts: bytes) -> str:
        name = websafe_encode(self.id)
        response = {part: websafe_encode(value) for part, value in parts.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def _hash(name: str) -> bytes:
    return sha256(name.encode()).digest()


def passkey_of(person: User, name: str = "Phone") -> Authenticator:
    """A passkey that stands there already."""
    options = {"publicKey": {"rp": {"id": "localhost"}, "challenge": "none"}}
    return WebAuthn.add(person, name, json.loads(Device(name).made(options))).instance
