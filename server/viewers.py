"""Who sends a request: what the header Authorization proves, or a visitor. What it does not prove is refused.

The header Guest-Token tells which guest it is besides. A token that nobody was handed tells nothing; it is not refused.
The header Preview-Token tells which drafts they see as if they were out; one that is not ours is refused.

Source of the rules: RFC 6750, OAuth 2.0 bearer tokens.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus

from auth.api_tokens import is_api_token
from auth.errors import ApiTokenRefusedError
from auth.guests import guest_id_of
from auth.previews import (
    Preview,
    PreviewExpiredError,
    PreviewInvalidError,
    PreviewRefusedError,
    PreviewTokens,
)
from auth.tokens import AccessTokenRefusedError, AccessTokens
from auth.viewer import VISITOR, Viewer, viewer_with_role
from resolvers.errors import ErrorCode
from server.graphql_request import RequestRefusedError
from server.http_messages import HttpRequest
from server.refusals import RefusalCode

AUTHORIZATION = b"authorization"
GUEST_TOKEN = b"guest-token"
PREVIEW_TOKEN = b"preview-token"
SCHEME = "bearer"
MAXIMUM_KNOWN = 10_000
"""How many tokens are remembered, because to verify one costs more than many an answer."""


@dataclass(frozen=True, slots=True)
class KnownToken:
    """A token that was verified. That of an account need not be verified again: it says the same until it expires."""

    viewer: Viewer
    good_until: datetime
    """For an API token the end of time, because the database is asked each time."""


NEVER = datetime.max.replace(tzinfo=UTC)


def now() -> datetime:
    """The time it is."""
    return datetime.now(UTC)


FindMachine = Callable[[str, datetime], Awaitable[Viewer]]
"""Gives the machine whose API token it is. Raises ApiTokenRefusedError."""


class Viewers:
    """Tells the viewer of a request. The database is asked for API tokens only: an access token carries the role."""

    def __init__(
        self,
        tokens: AccessTokens,
        find_machine: FindMachine,
        clock: Callable[[], datetime] = now,
        previews: PreviewTokens | None = None,
    ) -> None:
        """Without `previews` every preview token is refused."""
        self._tokens = tokens
        self._previews = previews
        self._find_machine = find_machine
        self._clock = clock
        self._known: OrderedDict[str, KnownToken] = OrderedDict()

    async def viewer_of(self, request: HttpRequest) -> Viewer:
        """Who sends it. Raises RequestRefusedError for credentials that prove nothing: they are never a visitor's."""
        proved = (await self.bearer(_line_of(request))).viewer if AUTHORIZATION in request.headers else VISITOR
        viewer = with_guest(proved, request.header(GUEST_TOKEN))
        if PREVIEW_TOKEN not in request.headers:
            return viewer
        return replace(viewer, preview=self._preview_in(request.header_lines(PREVIEW_TOKEN)))

    def _preview_in(self, lines: Sequence[str]) -> Preview:
        """What is previewed. Whatever is not understood is refused: nobody is to take for a draft what is none."""
        try:
            if self._previews is None or len(lines) != 1:
                raise PreviewInvalidError
            return self._previews.read(lines[0].strip(), self._clock())
        except PreviewRefusedError as error:
            is_over = isinstance(error, PreviewExpiredError)
            code = RefusalCode.PREVIEW_EXPIRED if is_over else RefusalCode.PREVIEW_INVALID
            raise RequestRefusedError(HTTPStatus.FORBIDDEN, code, str(error)) from error

    async def bearer(self, authorization: str) -> KnownToken:
        """Whom a value of the header Authorization proves. Raises RequestRefusedError."""
        text = _token_in(authorization)
        moment = self._clock()
        if is_api_token(text):
            return KnownToken(await self._machine(text, moment), NEVER)
        known = self._known.get(text)
        return known if known is not None and moment < known.good_until else self._verified(text, moment)

    async def _machine(self, text: str, moment: datetime) -> Viewer:
        try:
            return await self._find_machine(text, moment)
        except ApiTokenRefusedError as error:
            raise _unauthenticated(str(error), "invalid_token") from error

    def _verified(self, text: str, moment: datetime) -> KnownToken:
        try:
            token = self._tokens.read(text, moment)
        except AccessTokenRefusedError as error:
            self._known.pop(text, None)
            raise _unauthenticated(str(error), "invalid_token") from error
        claims = token.claims
        viewer = viewer_with_role(claims.role, claims.user_id, claims.session_id)
        self._known[text] = known = KnownToken(viewer, token.good_until)
        self._known.move_to_end(text)
        if len(self._known) > MAXIMUM_KNOWN:
            self._known.popitem(last=False)
        return known


def with_guest(viewer: Viewer, token: str | None) -> Viewer:
    """The viewer, with the guest whose token was sent too."""
    guest_id = None if token is None else guest_id_of(token)
    return viewer if guest_id is None else replace(viewer, guest_id=guest_id)


def _line_of(request: HttpRequest) -> str:
    lines = request.header_lines(AUTHORIZATION)
    if len(lines) > 1:
        raise _unauthenticated("The header Authorization came several times. Send it once.", "invalid_request")
    return lines[0]


def _token_in(authorization: str) -> str:
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != SCHEME or not token.strip():
        raise _unauthenticated("The header Authorization must be `Bearer`, a space, and a token.", "invalid_request")
    return token.strip()


def _unauthenticated(message: str, reason: str) -> RequestRefusedError:
    headers = {"WWW-Authenticate": f'Bearer error="{reason}"'}
    return RequestRefusedError(HTTPStatus.UNAUTHORIZED, ErrorCode.UNAUTHENTICATED, message, headers)
