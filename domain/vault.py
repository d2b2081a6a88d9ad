"""The vault: seals private texts, so that the database never holds them in plain, and finds them by keyed hashes.

AES-256-GCM with a random nonce for each text. The text is bound to its place, so that a sealed value which somebody
copies to another row or column does not open there. Keys form a ring: the first one seals, every one opens, so that a
new key is put in front, and the old one stays until what it has sealed is resealed (domain/resealing.py).
"""

import hmac
import os
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = 1
KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")


class VaultError(Exception):
    """A sealed text cannot be opened, or the vault has no usable keys: a fault of the operation, not of a client."""


@dataclass(frozen=True, slots=True)
class VaultKey:
    """A key of the ring, and the name by which sealed texts say which key they need."""

    id: str
    secret: bytes

    def __post_init__(self) -> None:
        if KEY_ID.fullmatch(self.id) is None:
            raise VaultError(f"{self.id!r} is no name of a key: 1 to 32 letters, digits, dots, dashes or underscores.")
        if len(self.secret) != KEY_BYTES:
            raise VaultError(f"The key {self.id} has {len(self.secret)} bytes and needs {KEY_BYTES}.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed text belongs: it opens nowhere else."""

    table: str
    column: str
    row: UUID


class Vault:
    """Seals and opens with a ring of keys, newest first."""

    __slots__ = ("_ciphers", "_index_keys", "_newest")

    def __init__(self, keys: Sequence[VaultKey]) -> None:
        if not keys or len({key.id for key in keys}) != len(keys):
            raise VaultError("A vault needs at least one key, and each has a name of its own.")
        self._newest = keys[0].id
        self._ciphers = {key.id: AESGCM(_derived(key, b"column encryption")) for key in keys}
        self._index_keys = {key.id: _derived(key, b"blind index") for key in keys}

    def seal(self, text: str, place: Place) -> bytes:
        """The text as it may be stored at that place."""
        nonce = os.urandom(NONCE_BYTES)
        head = _head(self._newest)
        return head + nonce + self._ciphers[self._newest].encrypt(nonce, text.encode(), head + _bound(place))

    def open(self, sealed: bytes, place: Place) -> str:
        """The text that was sealed for that place. Raises VaultError when key, place or bytes are others."""
        key_id, head = _key_of(sealed)
        if key_id not in self._ciphers:
            raise VaultError(f"The key {key_id} is not in ENCRYPTION_KEYS.")
        nonce, text = sealed[len(head) : len(head) + NONCE_BYTES], sealed[len(head) + NONCE_BYTES :]
        try:
            return self._ciphers[key_id].decrypt(nonce, text, head + _bound(place)).decode()
        except (InvalidTag, ValueError) as error:
            raise VaultError(f"A value of {place.table}.{place.column} was not sealed for its row.") from error

    def reseal(self, sealed: bytes, place: Place) -> bytes:
        """The same text under the newest key; what is under it already stays as it is."""
        return sealed if _key_of(sealed)[0] == self._newest else self.seal(self.open(sealed, place), place)

    def index(self, text: str, column: str) -> bytes:
        """The keyed hash under which the text is found in that column."""
        return _keyed_hash(self._index_keys[self._newest], text, column)

    def indexes(self, text: str, column: str) -> list[bytes]:
        """What to look for: rows from before a change of keys are still under the hash of their key."""
        return [_keyed_hash(key, text, column) for key in self._index_keys.values()]


def parse_keys(text: str) -> list[VaultKey]:
    """The ring that `name:key,name:key` says, each key as base64. Raises VaultError."""
    return [_parse_key(part.strip()) for part in text.split(",") if part.strip()]


def _parse_key(part: str) -> VaultKey:
    name, _, encoded = part.partition(":")
    try:
        return VaultKey(name, b64decode(encoded, altchars=b"-_", validate=True))
    except (Base64Error, ValueError) as error:
        raise VaultError(f"The key {name[:32]!r} is not base64.") from error


def _derived(key: VaultKey, purpose: bytes) -> bytes:
    """A key for one purpose, so that no key is used for two."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"merkato " + purpose).derive(key.secret)


def _head(key_id: str) -> bytes:
    return bytes([VERSION, len(key_id)]) + key_id.encode()


def _key_of(sealed: bytes) -> tuple[str, bytes]:
    if len(sealed) < 2 or sealed[0] != VERSION:  # noqa: PLR2004 - version and length
        raise VaultError("A value that should be sealed is not.")
    head = sealed[: 2 + sealed[1]]
    return head[2:].decode("ascii", "replace"), head


def _bound(place: Place) -> bytes:
    return f"{place.table}.{place.column}:{place.row}".encode()


def _keyed_hash(key: bytes, text: str, column: str) -> bytes:
    return hmac.digest(key, f"{column}:{text}".encode(), sha256().name)
