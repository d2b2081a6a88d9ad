"""Notes in the history of an order, for the staff or for its buyer as well."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from domain.actors import Actor
from domain.orders import save
from models import Order, OrderEvent, OrderEventKind


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody says about an order, and whether its buyer may read it."""

    text: str
    is_public: bool
    actor: Actor
    at: datetime


async def add_note(session: AsyncSession, order: Order, note: Note) -> None:
    """Add a note to the locked order, which nobody can take back."""
    session.add(
        OrderEvent(
            order_id=order.id,
            kind=OrderEventKind.NOTE,
            text=note.text,
            is_public=note.is_public,
            actor_kind=note.actor.kind,
            actor_id=note.actor.account_id,
            actor_name=note.actor.name,
            recorded_at=note.at,
        )
    )
    await save(session, order)
