"""Proofs of who sent a request, for operators to share: a signature over the body, or a token nobody can guess.

Signatures follow Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md):
``webhook-id``, ``webhook-timestamp`` (seconds) and ``webhook-signature``, a space separated list of ``v1,<base64>``,
each an HMAC-SHA256 over ``id.timestamp.body``. The project's Python package reads the clock itself, while here the
time is an argument, so the scheme is implemented and the package is what the tests sign with.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from calls.errors import BadProof
from calls.model import Connection
from calls.ports import Proof, RawRequest

SIGNING_SECRET = "signing_secret"  # noqa: S105 - the secret's name in a connection
URL_TOKEN = "url_token"  # noqa: S105
TOLERANCE = 300  # seconds between the signed time and ours, both ways
SHORTEST_KEY = 24  # bytes; the specification asks for 24 to 64
SHORTEST_TOKEN = 22  # characters of base64url: 128 bits

_ID = re.compile(r"[\x21-\x7e]{1,200}")
_TIME = re.compile(r"[0-9]{1,12}")
_TOKEN = re.compile(r"[A-Za-z0-9_\-]+")
_MOST_SIGNATURES = 16  # more than any rotation needs


def verify_by_route(request: RawRequest, connection: Connection, now: datetime) -> Proof:
    """The address with a token is proved by the token, the one without by a signature; neither stands in for the other.

    Raises :class:`BadProof` with a reason code.
    """
    if request.url_token is not None:
        return verify_token(request.url_token, connection)
    return verify_signature(request.headers, request.body, connection, now)


def verify_token(given: str, connection: Connection) -> Proof:
    """The last part of the address is one of the connection's tokens. Every token is compared, in constant time."""
    tokens = connection.secrets.get(URL_TOKEN, ())
    if not tokens:
        raise BadProof("url_token_not_configured")
    theirs = given.encode(errors="backslashreplace")
    if not _one_equals([token.encode() for token in tokens if token], [theirs]):
        raise BadProof("url_token_wrong")
    return Proof(method="url_token")


def verify_signature(headers: Mapping[str, str], body: bytes, connection: Connection, now: datetime) -> Proof:
    """One of the given signatures is made with one of the connection's secrets, and its time is close to ``now``."""
    secrets = connection.secrets.get(SIGNING_SECRET, ())
    if not secrets:
        raise BadProof("signature_not_configured")
    delivery_id = headers.get("webhook-id", "")
    sent_at = headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "").split()
    if not (delivery_id and sent_at and signatures):
        raise BadProof("signature_missing")
    if not (_ID.fullmatch(delivery_id) and _TIME.fullmatch(sent_at)) or len(signatures) > _MOST_SIGNATURES:
        raise BadProof("signature_malformed")
    message = f"{delivery_id}.{sent_at}.".encode() + body
    ours = [hmac.digest(key, message, hashlib.sha256) for secret in secrets if (key := _key(secret))]
    theirs = [decoded for each in signatures if (decoded := _decoded(each)) is not None]
    if not _one_equals(ours, theirs):
        raise BadProof("signature_wrong")
    if abs(now.timestamp() - int(sent_at)) > TOLERANCE:
        raise BadProof("signature_stale")  # told only to who knows the secret: a wrong clock is worth knowing of
    return Proof(method="signature", delivery_id=delivery_id)


def check_secrets(connection: Connection) -> None:
    """Raise ValueError, naming the secret and what it wants, unless some proof is possible and none is weak."""
    signing, tokens = connection.secrets.get(SIGNING_SECRET, ()), connection.secrets.get(URL_TOKEN, ())
    if not signing and not tokens:
        raise ValueError(f"{SIGNING_SECRET} or {URL_TOKEN}: one of them is needed to know who sends the events")
    for secret in signing:
        if len(_key(secret) or b"") < SHORTEST_KEY:
            raise ValueError(f"{SIGNING_SECRET}: wants whsec_ and base64 of at least {SHORTEST_KEY} random bytes")
    for token in tokens:
        if len(token) < SHORTEST_TOKEN or not _TOKEN.fullmatch(token):
            raise ValueError(f"{URL_TOKEN}: wants at least {SHORTEST_TOKEN} random letters, digits, - or _")


def _one_equals(ours: list[bytes], theirs: list[bytes]) -> bool:
    """Every pair is compared, so that the time taken tells nothing about which one was right."""
    found = False
    for mine in ours:
        for given in theirs:
            found |= hmac.compare_digest(mine, given)
    return found


def _key(secret: str) -> bytes | None:
    try:
        return base64.b64decode(secret.removeprefix("whsec_").rstrip("=") + "==")
    except (binascii.Error, ValueError):
        return None


def _decoded(signature: str) -> bytes | None:
    version, _, text = signature.partition(",")
    if version != "v1":
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
