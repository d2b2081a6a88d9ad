"""Who is behind a WebSocket: proven when it begins, and proven again whenever something is read for them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from auth.roles import ROLE_PERMISSIONS
from auth.viewer import VISITOR, Viewer
from models import Role
from server.graphql_request import RequestRefusedError
from server.viewers import NEVER, Viewers, with_guest
from server.websocket_messages import CloseCode, SocketClosedError

AUTHORIZATION, GUEST_TOKEN, PREVIEW_TOKEN = "authorization", "guest-token", "preview-token"
"""The headers of a handshake; in `connection_init` they are called `authorization`, `guestToken`, `previewToken`."""

FindRole = Callable[[UUID, datetime], Awaitable[Role | None]]
"""The role that the user of a session has by now; None when the session has ended."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody proves who they are with, as the headers of the same names have it."""

    authorization: str | None
    guest_token: str | None


class SocketIdentity:
    """The viewer of a socket, as its credentials prove; without any it is a visitor's."""

    def __init__(self, credentials: Credentials, viewers: Viewers, find_role: FindRole) -> None:
        self._credentials = credentials
        self._viewers = viewers
        self._find_role = find_role
        self.good_until = NEVER
        """When the token expires."""

    async def viewer(self) -> Viewer:
        """The viewer, as the token says. Raises SocketClosedError for one that proves nothing, or not any more."""
        return with_guest(await self._proved(), self._credentials.guest_token)

    async def _proved(self) -> Viewer:
        if self._credentials.authorization is None:
            return VISITOR
        try:
            known = await self._viewers.bearer(self._credentials.authorization)
        except RequestRefusedError as refused:
            raise SocketClosedError(CloseCode.FORBIDDEN, refused.message) from refused
        self.good_until = known.good_until
        return known.viewer

    async def present_viewer(self) -> Viewer:
        """The viewer with the role of this moment, which the database is asked for.

        Access tokens are believed for ten minutes; a subscription would outlive them. Raises SocketClosedError.
        """
        viewer = await self.viewer()
        if viewer.session_id is None:
            return viewer
        role = await self._find_role(viewer.session_id, datetime.now(UTC))
        if role is None:
            raise SocketClosedError(CloseCode.FORBIDDEN, "The session has ended. Sign in again.")
        return replace(viewer, grants=ROLE_PERMISSIONS[role])


def credentials_in(payload: Mapping[str, Any], headers: Mapping[str, str]) -> Credentials:
    """What `connection_init` says, in whatever case, or else the headers of the handshake.

    Pages cannot set those headers, so that none can make use of credentials which are not its own. Cookies are not
    asked. Drafts are shown over HTTP alone. Raises SocketClosedError.
    """
    if _one_text(payload, "previewToken", headers.get(PREVIEW_TOKEN)) is not None:
        raise SocketClosedError(CloseCode.BAD_REQUEST, "Previews are read over HTTP. Leave out the preview token.")
    return Credentials(
        _one_text(payload, "authorization", headers.get(AUTHORIZATION)),
        _one_text(payload, "guestToken", headers.get(GUEST_TOKEN)),
    )


def _one_text(payload: Mapping[str, Any], name: str, header: str | None) -> str | None:
    given = [value for each, value in payload.items() if each.lower() == name.lower()]
    if not given:
        return header
    if len(given) > 1 or not isinstance(given[0], str):
        raise SocketClosedError(CloseCode.BAD_REQUEST, f"`{name}` must be one text.")
    return given[0]
