"""Access tokens: short-lived JSON Web Tokens (RFC 9068) that carry all that a request needs to know of its viewer.

No request asks the database about them, so that a change takes effect when the token at hand expires, ten minutes
later at most: a session that ended, an account that was deactivated, another role. Refreshing asks the database, and
a session that ended refreshes no more. What must not wait asks the database itself (`auth.sessions.is_live`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OctKey
from joserfc.jwt import JWTClaimsRegistry

from domain.errors import DomainError
from models import Role

ALGORITHM = "HS256"
TYPE = "at+jwt"
ISSUER = "merkato"
AUDIENCE = "merkato-api"
LIFETIME = timedelta(minutes=10)
LEEWAY_SECONDS = 5
"""How far the clocks of two servers may be apart."""

LONGEST_TOKEN = 2048
KEY_ID_LENGTH = 16


class AccessTokenRefusedError(DomainError):
    """An access token that is not ours, or not any more."""


class AccessTokenInvalidError(AccessTokenRefusedError):
    """Whatever it is, we did not write it so."""

    def __init__(self) -> None:
        super().__init__("The access token is not valid. Sign in again.")


class AccessTokenExpiredError(AccessTokenRefusedError):
    """It was ours, and its time is over."""

    def __init__(self) -> None:
        super().__init__("The access token has expired. Refresh the session.")


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """Who brings the token."""

    user_id: UUID
    session_id: UUID
    role: Role


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """What a token says that is ours, and until when it may be believed."""

    claims: AccessClaims
    good_until: datetime


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a client sends as `Authorization: Bearer`, and until when."""

    text: str
    expires_at: datetime


class AccessTokens:
    """Writes with the first key and reads with every one: a new key is put in front, and the old one stays a while."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = {key_id(key): OctKey.import_key(key.encode()) for key in keys}
        self._newest = key_id(keys[0])

    def write(self, claims: AccessClaims, now: datetime) -> AccessToken:
        """A token for the session."""
        expires_at = (now + LIFETIME).replace(microsecond=0)
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": self._newest}
        payload = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(claims.user_id),
            "sid": str(claims.session_id),
            "role": claims.role.value,
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        return AccessToken(jwt.encode(header, payload, self._keys[self._newest], [ALGORITHM]), expires_at)

    def read(self, text: str, now: datetime) -> VerifiedToken:
        """Who brings the token, and how long that holds. Raises AccessTokenRefusedError."""
        claims = self._verified(text).claims
        try:
            _registry(now).validate(claims)
            bearer = AccessClaims(UUID(claims["sub"]), UUID(claims["sid"]), Role(claims["role"]))
            return VerifiedToken(bearer, datetime.fromtimestamp(claims["exp"] + LEEWAY_SECONDS, UTC))
        except ExpiredTokenError as error:
            raise AccessTokenExpiredError from error
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise AccessTokenInvalidError from error

    def _verified(self, text: str) -> jwt.Token:
        """The token, whose signature is right."""
        if len(text) > LONGEST_TOKEN or not text.isascii():
            raise AccessTokenInvalidError
        try:
            token = jwt.decode(text, self._key_for, [ALGORITHM])
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise AccessTokenInvalidError from error
        if token.header.get("typ") != TYPE:
            raise AccessTokenInvalidError
        return token

    def _key_for(self, token: Any) -> OctKey:  # joserfc hands over one of its private classes
        return self._keys[token.headers()["kid"]]


def key_id(key: str) -> str:
    """The name of a key in the header `kid`, which tells nothing of the key."""
    return sha256(b"kid:" + key.encode()).hexdigest()[:KEY_ID_LENGTH]


def _registry(now: datetime) -> JWTClaimsRegistry:
    """What every token says."""
    return JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": AUDIENCE},
        sub={"essential": True},
        exp={"essential": True},
        nbf={"essential": True},
    )
