"""Signed tokens: JSON Web Tokens that this shop alone writes and reads. What they say is the business of each kind."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OctKey
from joserfc.jwt import JWTClaimsRegistry

ALGORITHM = "HS256"
ISSUER = "merkato"
LEEWAY_SECONDS = 5
"""How far the clocks of two servers may be apart."""

LONGEST_TOKEN = 2048
KEY_ID_LENGTH = 16


class TokenInvalidError(Exception):
    """A text that is no token of this kind, or was not written by us."""


class TokenExpiredError(Exception):
    """A token of ours whose time is over."""


class Signer:
    """Tokens of one kind, known by their type and whom they are for.

    It writes with the first key and reads with every one: a new key is put in front, and the old one stays a while.
    """

    def __init__(self, keys: Sequence[str], token_type: str, audience: str) -> None:
        self._keys = {key_id(key): OctKey.import_key(key.encode()) for key in keys}
        self._newest = key_id(keys[0])
        self._type = token_type
        self._audience = audience

    def signed(self, subject: str, claims: Mapping[str, Any], now: datetime, expires_at: datetime) -> str:
        """A token that says these claims of the subject, beside what every token says."""
        seconds = int(now.timestamp())
        every = {"iss": ISSUER, "aud": self._audience, "sub": subject, "iat": seconds, "nbf": seconds}
        header = {"alg": ALGORITHM, "typ": self._type, "kid": self._newest}
        payload = {**every, **claims, "exp": int(expires_at.timestamp())}
        return jwt.encode(header, payload, self._keys[self._newest], [ALGORITHM])

    def claims_of(self, text: str, now: datetime) -> Mapping[str, Any]:
        """What a token says that is ours, of this kind, and good now. Raises TokenInvalidError, TokenExpiredError."""
        if len(text) > LONGEST_TOKEN or not text.isascii():
            raise TokenInvalidError
        try:
            token = jwt.decode(text, self._key_for, [ALGORITHM])
            if token.header.get("typ") != self._type:
                raise TokenInvalidError
            self._registry(now).validate(token.claims)
        except ExpiredTokenError as error:
            raise TokenExpiredError from error
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise TokenInvalidError from error
        return token.claims

    def _key_for(self, token: Any) -> OctKey:  # joserfc hands over one of its private classes
        return self._keys[token.headers()["kid"]]

    def _registry(self, now: datetime) -> JWTClaimsRegistry:
        """What every token says."""
        return JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": self._audience},
            sub={"essential": True},
            exp={"essential": True},
        )


def key_id(key: str) -> str:
    """The name of a key in the header `kid`, which tells nothing of the key."""
    return sha256(b"kid:" + key.encode()).hexdigest()[:KEY_ID_LENGTH]
