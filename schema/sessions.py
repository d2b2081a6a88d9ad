"""Sessions of an account: one for each sign-in."""

from datetime import datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import ColumnElement

import models
from auth import account_state
from resolvers.loading import Link
from schema.account_problems import SessionNotFound
from schema.declare import column, expression, identifier, table
from schema.enums import SessionEnd
from schema.filters import condition, filter_input
from schema.inputs import key, mutation_input
from schema.orders import descending
from schema.problems import InvalidInput

OWN_SESSIONS = Link(models.UserSession, lambda session, account: session.user_id == account)
NEWEST_FIRST = descending("session:newest", lambda session: session.created_at)


@table(models.UserSession, "One sign-in of an account, on one device.")
class Session:
    """A session; its tokens are known to its client alone."""

    id: strawberry.ID = identifier()
    is_active: bool = expression(account_state.session_goes_on, "Whether it goes on.")
    created_at: datetime = column("When its owner signed in.")
    last_used_at: datetime = column("When it was last refreshed.")
    expires_at: datetime = column("When it ends, however often it is used.")
    ended_at: datetime | None = column("When it ended before its time.")
    end_reason: SessionEnd | None = column("Why it ended before its time.")
    address: str | None = column("The IP address that its owner signed in from.")
    user_agent: str | None = column("What the device called itself.")


def _is_active(session: Any, wanted: bool) -> ColumnElement[bool]:
    return account_state.session_goes_on(session).is_(wanted)


@filter_input("Conditions on sessions, which must all hold.")
class SessionFilter:
    """What sessions are filtered by."""

    is_active: bool | None = condition(_is_active, "Whether they go on.")


@mutation_input("Which of one's own sessions to end.")
class RevokeSessionInput:
    """A session."""

    id: strawberry.ID = key("The session.", "Session")


RevokeSessionResult = Annotated[
    Session | InvalidInput | SessionNotFound,
    strawberry.union("RevokeSessionResult", description="The ended session, or why there is none."),
]
