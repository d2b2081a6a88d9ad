"""Tokens that nobody can guess, and the hashes by which they are known again."""

import secrets
from hashlib import sha256

TOKEN_BYTES = 32
LONGEST_TOKEN = 256


def new_token() -> str:
    """256 random bits, as text for a link or a header."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> bytes:
    """What is stored of a token. It is random itself, so that neither salt nor stretching would add anything.

    Too long a text gives the hash of no token, whatever it is: nothing that long was ever handed out.
    """
    return sha256(token[: LONGEST_TOKEN + 1].encode("utf-8", "surrogatepass")).digest()
