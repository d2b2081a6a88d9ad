"""The cookie that holds a browser's refresh token: how it is written, and when one that came is believed.

It goes to `/graphql` alone, no script reads it (HttpOnly), no other site's page sends it (SameSite=Strict), and outside
of development no connection in the clear carries it (Secure, and the prefix `__Secure-`, which keeps others from
setting it over one). What is left are pages of sibling hosts, which are of the same site: a request that a page of a
foreign origin made is treated as if it had brought no cookie. Such a page cannot send a mutation anyhow, because
mutations come by POST as application/json, for which browsers ask first (CORS), and only CORS_ORIGINS are let through.

Source of the rules: RFC 6265bis, sections 4.1.2 and 5.5; Fetch Metadata Request Headers.
"""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import cookie_parser

from resolvers.refresh_cookies import RefreshCookie
from server.http_messages import HttpRequest

NAME = "merkato-refresh"
SECURE_PREFIX = "__Secure-"
FIXED_ATTRIBUTES = "Path=/graphql; HttpOnly; SameSite=Strict"


@dataclass(frozen=True, slots=True)
class RefreshCookies:
    """Reads and writes the cookie."""

    trusted_origins: frozenset[str]
    """The origins whose pages may use it, besides our own."""
    is_secure: bool

    def read(self, request: HttpRequest) -> RefreshCookie:
        """The cookie as it came, or an empty one."""
        if b"cookie" not in request.headers or not self._is_trusted(request):
            return RefreshCookie()
        lines = "; ".join(request.header_lines(b"cookie"))
        return RefreshCookie(cookie_parser(lines).get(self._name) or None)

    def header(self, cookie: RefreshCookie, now: datetime) -> str | None:
        """What Set-Cookie tells the browser; None when it may leave everything as it is."""
        if cookie.kept is not None:
            seconds = max(0, int((cookie.kept.expires_at - now).total_seconds()))
            return self._written(cookie.kept.text, seconds)
        return self._written("", 0) if cookie.is_dropped else None

    @property
    def _name(self) -> str:
        return f"{SECURE_PREFIX}{NAME}" if self.is_secure else NAME

    def _written(self, value: str, seconds: int) -> str:
        secure = "; Secure" if self.is_secure else ""
        return f"{self._name}={value}; Max-Age={seconds}; {FIXED_ATTRIBUTES}{secure}"

    def _is_trusted(self, request: HttpRequest) -> bool:
        """Whether the page that sends the request, if it is one, is ours or trusted. Scripts cannot pretend it is."""
        origin, fetched_from = request.header(b"origin"), request.header(b"sec-fetch-site")
        if origin in self.trusted_origins:
            return True
        if fetched_from is not None:
            return fetched_from == "same-origin"
        return origin is None or origin.partition("://")[2] == request.header(b"host")
