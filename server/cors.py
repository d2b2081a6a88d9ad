"""What pages of other origins may ask for. Browsers are refused in JSON, as everybody is.

Source of the rules: the Fetch standard, section 3.3.
"""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from typing_extensions import override

from server.http_messages import Addition
from server.refusals import RefusalCode, refusal

REFUSED = "Pages of this origin may not send such a request. CORS_ORIGINS says which origins may."

CLIENT_HEADERS = (
    "Apollo-Require-Preflight",
    "ApolloGraphQL-Client-Name",
    "ApolloGraphQL-Client-Version",
    "GraphQL-Require-Preflight",
    "X-Apollo-Operation-Id",
    "X-Apollo-Operation-Name",
)
"""What GraphQL clients send from pages of other origins; three of them let files in (server/graphql_uploads.py)."""

ALLOWED_HEADERS = ("Content-Type", "Authorization", "Guest-Token", "Preview-Token", "If-None-Match", *CLIENT_HEADERS)
EXPOSED_HEADERS = ("ETag", "X-Request-Id", "Retry-After", "RateLimit", "RateLimit-Policy")


class AllowedOrigins:
    """What answers say to pages of other origins, which browsers name in most requests, also in those of our own."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._others = Addition([(b"vary", b"Origin")])
        exposed = ", ".join(EXPOSED_HEADERS).encode("latin-1")
        self._additions = {
            origin.encode("latin-1"): Addition(
                [
                    (b"vary", b"Origin"),
                    (b"access-control-allow-origin", origin.encode("latin-1")),
                    (b"access-control-allow-credentials", b"true"),  # the cookie (server/refresh_cookies.py)
                    (b"access-control-expose-headers", exposed),
                ]
            )
            for origin in origins
        }

    def addition_for(self, origin: bytes) -> Addition:
        """The headers of answers to pages of that origin. Without any browsers keep the answer from the page."""
        return self._additions.get(origin, self._others)


class CrossOriginMiddleware(CORSMiddleware):
    """Starlette's, which would refuse in plain text."""

    @override
    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a browser that asks before it sends."""
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:  # noqa: PLR2004 - where refusals begin
            return answer
        body = refusal(RefusalCode.FORBIDDEN_ORIGIN, REFUSED)
        kept = {name: value for name, value in answer.headers.items() if not name.startswith("content-")}
        return Response(body, answer.status_code, kept, "application/json")


def cross_origin(origins: Iterable[str]) -> Middleware:
    """What speaks with the pages of these origins."""
    return Middleware(
        CrossOriginMiddleware,
        allow_origins=list(origins),
        allow_methods=["GET", "POST"],
        allow_headers=list(ALLOWED_HEADERS),
        expose_headers=list(EXPOSED_HEADERS),
        allow_credentials=True,  # the cookie of the refresh token (server/refresh_cookies.py)
    )
