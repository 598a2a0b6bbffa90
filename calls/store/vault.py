"""Secrets, numbers and names at rest: AES-GCM for what must be read again, keyed hashes for what is only compared.

A sealed value is ``version (1) | key id (4) | nonce (12) | ciphertext``, bound to its tenant and purpose, so that a
value moved to another row or column does not open. During rotation the first key seals and every key opens; a hash is
looked up under every key (:meth:`Vault.hashes`).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_KEY_BYTES = 32


class Unsealable(Exception):
    """A stored value does not open with any key in force: the key is wrong, or the row was tampered with."""


def read_key(text: str) -> bytes:
    """A key as an administrator writes it: 32 random bytes in base64. Raises ValueError that says so."""
    try:
        key = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise ValueError("wants 32 random bytes in base64; `openssl rand -base64 32` makes them")
    return key


class Vault:
    """Seals and hashes with the first key, opens and compares with all of them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("at least one key is needed")
        self._seal_keys = [(_key_id(key), AESGCM(_derive(key, b"seal"))) for key in keys]
        self._openers = dict(self._seal_keys)
        self._hash_keys = [_derive(key, b"hash") for key in keys]

    def seal(self, tenant_id: UUID, purpose: str, plain: bytes) -> bytes:
        key_id, cipher = self._seal_keys[0]
        nonce = os.urandom(12)
        return _VERSION + key_id + nonce + cipher.encrypt(nonce, plain, _bound_to(tenant_id, purpose))

    def open(self, tenant_id: UUID, purpose: str, sealed: bytes) -> bytes:
        cipher = self._openers.get(sealed[1:5])
        if sealed[:1] != _VERSION or cipher is None:
            raise Unsealable(f"no key in force opens this {purpose}")
        try:
            return cipher.decrypt(sealed[5:17], sealed[17:], _bound_to(tenant_id, purpose))
        except (InvalidTag, ValueError):  # the latter for a value cut short
            raise Unsealable(f"this {purpose} was not sealed here") from None

    def knows(self, sealed: bytes) -> bool:
        """Whether one of the keys in force has sealed this: all that can be said without opening it."""
        return sealed[:1] == _VERSION and sealed[1:5] in self._openers

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the sealing key has sealed this; False: it is to be sealed anew before the older key may go."""
        return sealed[:1] == _VERSION and sealed[1:5] == self._seal_keys[0][0]

    def hash(self, tenant_id: UUID, purpose: str, text: str) -> bytes:
        """The keyed hash that is stored (HMAC-SHA256, 32 bytes)."""
        return _hash(self._hash_keys[0], tenant_id, purpose, text)

    def hashes(self, tenant_id: UUID, purpose: str, text: str) -> list[bytes]:
        """The hashes to look up by, newest key first."""
        return [_hash(key, tenant_id, purpose, text) for key in self._hash_keys]


def _derive(key: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=b"smartcall " + use).derive(key)


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"smartcall key id" + key).digest()[:4]


def _bound_to(tenant_id: UUID, purpose: str) -> bytes:
    return tenant_id.bytes + purpose.encode()


def _hash(key: bytes, tenant_id: UUID, purpose: str, text: str) -> bytes:
    return hmac.digest(key, _bound_to(tenant_id, purpose) + b"\0" + text.encode(), "sha256")
