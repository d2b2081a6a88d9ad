"""Who is behind a WebSocket: proven when it begins, and proven again whenever something is read for them."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from auth.viewer import VISITOR, Viewer, viewer_with_role
from models import Role
from server.graphql_request import RequestRefusedError
from server.viewers import NEVER, Viewers
from server.websocket_messages import CloseCode, SocketClosedError

NAME = "authorization"

FindRole = Callable[[UUID, datetime], Awaitable[Role | None]]
"""The role that the user of a session has by now; None when the session has ended."""


class SocketIdentity:
    """The credentials of a socket, which are those of the header Authorization; without any it is a visitor's."""

    def __init__(self, authorization: str | None, viewers: Viewers, find_role: FindRole) -> None:
        self._authorization = authorization
        self._viewers = viewers
        self._find_role = find_role
        self.good_until = NEVER
        """When the token expires."""

    async def viewer(self) -> Viewer:
        """The viewer, as the token says. Raises SocketClosedError for one that proves nothing, or not any more."""
        if self._authorization is None:
            return VISITOR
        try:
            known = await self._viewers.bearer(self._authorization)
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
        return viewer_with_role(role, viewer.user_id, viewer.session_id)


def authorization_in(payload: Mapping[str, Any], header: str | None) -> str | None:
    """What `connection_init` says under `authorization`, in whatever case, or else the header of the handshake.

    Pages cannot set that header, so that none can make use of credentials which are not its own. Cookies are not asked.
    """
    given = [value for name, value in payload.items() if name.lower() == NAME]
    if not given:
        return header
    if len(given) > 1 or not isinstance(given[0], str):
        raise SocketClosedError(CloseCode.BAD_REQUEST, "`authorization` must be one text.")
    return given[0]
