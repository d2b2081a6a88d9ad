"""Events: what happened to which row, as the database notifies it when a change is committed (migration 0018)."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

CHANNEL = "merkato_events"


class EventKind(StrEnum):
    """What may happen, in the words of the triggers."""

    POST_PUBLISHED = "post_published"
    """A post came out: it is published, its time has come, and before the change one of the two was not so."""
    REVIEW_SUBMITTED = "review_submitted"
    """A review waits for a moderator that did not wait before; it may be published already."""
    JOB_FAILED = "job_failed"
    """A job was given up."""
    PAYMENT_ATTENTION = "payment_attention"
    """Somebody has to look at a payment: it is not what was agreed, came too late, or could not be given back."""
    ORDER_PLACED = "order_placed"
    """Somebody has bought something; it may still have to be paid."""
    ORDER_CHANGED = "order_changed"
    """An order moved on, or something of it was changed."""
    STOCK_LOW = "stock_low"
    """The units that can be sold of a variant fell below its minimum level; the key is the variant's."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. It tells nothing of the row but its key: whoever is told reads what they may see of it."""

    kind: EventKind
    key: UUID


def read_event(payload: str) -> Event | None:
    """The event of a notification; None for one that a newer release has triggers for."""
    kind, _, key = payload.partition(":")
    try:
        return Event(EventKind(kind), UUID(key))
    except ValueError:
        return None
