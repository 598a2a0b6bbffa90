"""RSA keys, their JWKs, and the tokens signed with them (RFC 7515, 7517, 7519)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ALGORITHM = "RS256"


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningKey:
    """A private key with the id it is published under."""

    kid: str
    private: rsa.RSAPrivateKey = field(repr=False)
    endorsements: tuple[str, ...] | None = None  # channels the key may speak for; None: the JWK has no such member

    def sign(self, claims: Mapping[str, Any], *, kid: str | None = "") -> str:
        """A compact JWT. ``kid`` overrides the header's key id; None leaves it out."""
        named = self.kid if kid == "" else kid
        headers = {} if named is None else {"kid": named, "x5t": named}
        return jwt.encode(dict(claims), self.private, algorithm=ALGORITHM, headers=headers)

    def read(self, token: str, *, audience: str) -> dict[str, Any]:
        """The claims. Raises :class:`jwt.PyJWTError` for a token this key did not sign, or whose time is over."""
        claims: dict[str, Any] = jwt.decode(token, self.private.public_key(), algorithms=[ALGORITHM], audience=audience)
        return claims

    def publish(self) -> dict[str, Any]:
        """The JWK, as Microsoft writes it."""
        parts = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        jwk: dict[str, Any] = {"kty": "RSA", "use": "sig", "kid": self.kid, "x5t": self.kid, "n": parts["n"]}
        jwk["e"] = parts["e"]
        if self.endorsements is not None:
            jwk["endorsements"] = list(self.endorsements)
        return jwk


def create_key(endorsements: tuple[str, ...] | None = None) -> SigningKey:
    """A fresh 2048-bit key (tens of milliseconds)."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return SigningKey(kid=uuid.uuid4().hex, private=private, endorsements=endorsements)
