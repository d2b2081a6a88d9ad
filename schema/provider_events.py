"""The messages of payment providers, as permitted staff sees them: what came, and what became of it."""

from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement

import models
from domain import conditions
from schema.declare import column, sort_enum, table
from schema.enums import EventOutcome
from schema.filters import condition, filter_input, in_span
from schema.orders import ascending, descending
from schema.relay import Node
from schema.values import DateTimeRange


@table(models.ProviderEvent, "A message of a payment provider, which was signed. It is kept for 90 days.")
class ProviderEvent(Node):
    """A message. What it says of people is shown to nobody."""

    provider: str = column("Who sent it: `stripe`.")
    event_id: str = column("What the provider calls it.")
    kind: str = column("What it is about, in the provider's words, such as `payment_intent.succeeded`.")
    received_at: datetime = column("When it came for the first time. The same again is not kept.")
    applied_at: datetime | None = column("When the worker had done with it; null while it waits.")
    outcome: EventOutcome | None = column("What became of it; null while it waits.")


@sort_enum("How messages of providers are sorted.")
class ProviderEventSort(Enum):
    """Orders of messages."""

    NEWEST = descending("provider-event:newest", lambda event: event.received_at, "The last one first.")
    OLDEST = ascending("provider-event:oldest", lambda event: event.received_at, "The first one first.")


def _is_applied(event: Any, wanted: bool) -> ColumnElement[bool]:
    return event.applied_at.is_not(None) if wanted else event.applied_at.is_(None)  # type: ignore[no-any-return]


@filter_input("Conditions on messages of providers, which must all hold.")
class ProviderEventFilter:
    """What messages are filtered by."""

    providers: list[str] | None = condition(
        lambda event, names: conditions.among(event.provider, names), "From one of these providers."
    )
    event_ids: list[str] | None = condition(
        lambda event, ids: conditions.among(event.event_id, ids), "Called one of these by their provider."
    )
    kinds: list[str] | None = condition(
        lambda event, kinds: conditions.among(event.kind, kinds), "About one of these, in the provider's words."
    )
    outcomes: list[EventOutcome] | None = condition(
        lambda event, outcomes: conditions.one_of(event.outcome, outcomes), "Of which one of these became."
    )
    is_applied: bool | None = condition(_is_applied, "Whether the worker has done with it.")
    received_at: DateTimeRange | None = condition(in_span(lambda event: event.received_at), "Came in this span.")
