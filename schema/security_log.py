"""The security log of an account: what happened to it, when, and from where."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

import models
from auth import account_state
from domain import conditions
from resolvers.loading import Link
from schema.declare import column, expression, identifier, table
from schema.enums import Permission, SecurityEvent
from schema.filters import condition, filter_input, in_span
from schema.orders import descending
from schema.values import DateTimeRange

OWN_SECURITY_LOG = Link(models.UserSecurityLog, lambda entry, account: entry.user_id == account)
NEWEST_FIRST = descending("security-log:newest", lambda entry: entry.created_at)


@table(models.UserSecurityLog, "Something that happened to an account, done by its owner, by staff, or by a stranger.")
class SecurityLogEntry:
    """One event."""

    id: strawberry.ID = identifier()
    event: SecurityEvent = column("What happened.")
    created_at: datetime = column("When it happened.")
    address: str | None = expression(
        lambda entry: account_state.unless_by_staff(entry, entry.address),
        "The IP address that it came from; null if staff did it.",
    )
    user_agent: str | None = expression(
        lambda entry: account_state.unless_by_staff(entry, entry.user_agent),
        "What the device called itself; null if staff did it.",
    )
    is_by_staff: bool = expression(
        lambda entry: entry.actor_id.is_not(None), "Whether staff did it, and not somebody in the owner's name."
    )
    actor_email: str | None = expression(
        account_state.email_of_actor,
        "The e-mail address of whoever of the staff did it.",
        requires=Permission.ACCOUNTS_READ,
    )
    details: JSON = column("What else is known of it, such as the role that was given.")


@filter_input("Conditions on events, which must all hold.")
class SecurityLogFilter:
    """What events are filtered by."""

    events: list[SecurityEvent] | None = condition(
        lambda entry, events: conditions.one_of(entry.event, events), "One of these events."
    )
    created_at: DateTimeRange | None = condition(in_span(lambda entry: entry.created_at), "Within this span of time.")
