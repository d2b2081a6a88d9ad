"""Access tokens: short-lived JSON Web Tokens (RFC 9068) that carry all that a request needs to know of its viewer.

No request asks the database about them, so that a change takes effect when the token at hand expires, ten minutes
later at most: a session that ended, an account that was deactivated, another role. Refreshing asks the database, and
a session that ended refreshes no more. What must not wait asks the database itself (`auth.sessions.is_live`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from auth.signed_tokens import LEEWAY_SECONDS, Signer, TokenExpiredError, TokenInvalidError
from domain.errors import DomainError
from models import Role

TYPE = "at+jwt"
AUDIENCE = "merkato-api"
LIFETIME = timedelta(minutes=10)


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
    """Writes access tokens, and reads them."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._signer = Signer(keys, TYPE, AUDIENCE)

    def write(self, claims: AccessClaims, now: datetime) -> AccessToken:
        """A token for the session."""
        expires_at = (now + LIFETIME).replace(microsecond=0)
        said = {"sid": str(claims.session_id), "role": claims.role.value}
        return AccessToken(self._signer.signed(str(claims.user_id), said, now, expires_at), expires_at)

    def read(self, text: str, now: datetime) -> VerifiedToken:
        """Who brings the token, and how long that holds. Raises AccessTokenRefusedError."""
        try:
            claims = self._signer.claims_of(text, now)
            bearer = AccessClaims(UUID(claims["sub"]), UUID(claims["sid"]), Role(claims["role"]))
            return VerifiedToken(bearer, datetime.fromtimestamp(claims["exp"] + LEEWAY_SECONDS, UTC))
        except TokenExpiredError as error:
            raise AccessTokenExpiredError from error
        except (TokenInvalidError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise AccessTokenInvalidError from error
