"""Guests: buyers without an account, known by a token that nobody can guess (decision 0038)."""

import re
from hashlib import sha256
from uuid import UUID

from auth.secrets import new_token

_GUEST_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""32 bytes in the alphabet of RFC 4648, section 5: what `new_guest_token` hands out, and nothing that was made up."""

ID_BYTES = 16


def new_guest_token() -> str:
    """A token for a guest to keep; the server keeps none."""
    return new_token()


def guest_id_of(token: str) -> UUID | None:
    """What is stored of a guest in the token's place; None for a text that was never handed out.

    The token is random itself, so that neither salt nor stretching would add anything.
    """
    if _GUEST_TOKEN.fullmatch(token) is None:
        return None
    return UUID(bytes=sha256(token.encode("ascii")).digest()[:ID_BYTES])
