"""The refresh token of a browser in a cookie, where no script can read it: what came with a request, what goes back.

How a cookie is written is the server's business; here it is a place for a token.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from resolvers.errors import BadInputError


class RefreshTokenPlace(StrEnum):
    """Where a client keeps its refresh token."""

    PAYLOAD = "PAYLOAD"
    COOKIE = "COOKIE"


@dataclass(frozen=True, slots=True)
class KeptToken:
    """A token that the browser is to keep, and for how long."""

    text: str
    expires_at: datetime


@dataclass(slots=True)
class RefreshCookie:
    """The cookie of one request."""

    sent: str | None = None
    """The token that came in it; None as well when another site may have made the browser send it."""
    kept: KeptToken | None = None
    """What it is to hold from now on."""
    is_dropped: bool = False
    """Whether it is to be forgotten."""
    is_settable: bool = True
    """Whether the answer can carry it: that of a WebSocket cannot."""

    def keep(self, token: str, expires_at: datetime) -> None:
        """Have the browser keep a token in place of the one before. Raises BadInputError where it cannot be told."""
        if not self.is_settable:
            raise BadInputError("A WebSocket sets no cookies. Send this by POST, or keep the refresh token yourself.")
        self.kept, self.is_dropped = KeptToken(token, expires_at), False

    def drop(self) -> None:
        """Have the browser forget its token."""
        self.kept, self.is_dropped = None, True

    def holds(self, token: str) -> bool:
        """Whether the token goes back in the cookie, so that it must not stand in the answer as well."""
        return self.kept is not None and self.kept.text == token
