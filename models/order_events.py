"""The history of orders: each move with who made it and why, and what was noted."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, true
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from models.accounts import User
from models.audit import ACTOR_NAME_LENGTH, ActorKind
from models.base import Base, Timestamp
from models.fulfillments import Fulfillment
from models.orders import Order

LONGEST_NOTE = 2_000
STATE_LENGTH = 30


class OrderEventKind(StrEnum):
    """What an entry is about."""

    ORDER = "ORDER"
    """The order's own status."""
    PAYMENT = "PAYMENT"
    FULFILLMENT = "FULFILLMENT"
    PARCEL = "PARCEL"
    """The status of one parcel."""
    NOTE = "NOTE"
    """Somebody noted something."""


class OrderEvent(Base):
    """An entry of an order's history. Triggers write those of moves, and nobody changes any (migration 0031).

    Of buyers who are forgotten the reasons go that they have given (migration 0067).
    """

    __tablename__ = "order_events"
    __table_args__ = (
        CheckConstraint("kind <> 'NOTE' OR text <> ''", name="note"),
        CheckConstraint("(to_state IS NULL) = (kind = 'NOTE')", name="to_state"),
        CheckConstraint("from_state IS NULL OR to_state IS NOT NULL", name="from_state"),
        CheckConstraint("(fulfillment_id IS NOT NULL) = (kind = 'PARCEL')", name="fulfillment_id"),
        CheckConstraint("text <> ''", name="text"),
        Index(None, "order_id", "number", unique=True),
        Index(None, "fulfillment_id"),
    )

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    """Orders the entries as they were written; it has gaps."""
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    fulfillment_id: Mapped[UUID | None] = mapped_column(ForeignKey("fulfillments.id", ondelete="CASCADE"))
    kind: Mapped[OrderEventKind]
    from_state: Mapped[str | None] = mapped_column(String(STATE_LENGTH))
    to_state: Mapped[str | None] = mapped_column(String(STATE_LENGTH))
    text: Mapped[str | None] = mapped_column(String(LONGEST_NOTE))
    """The note, or the reason of the move."""
    is_public: Mapped[bool] = mapped_column(server_default=true())
    """Whether the buyer may read it."""
    actor_kind: Mapped[ActorKind]
    actor_id: Mapped[UUID | None]
    """The account; of an API token, that of its owner. No foreign key: the entry outlives the account."""
    actor_name: Mapped[str | None] = mapped_column(String(ACTOR_NAME_LENGTH))
    """Of a job or a command, what it is called."""
    recorded_at: Mapped[Timestamp]

    order: Mapped[Order] = relationship(back_populates="events", lazy="raise")
    fulfillment: Mapped[Fulfillment | None] = relationship(lazy="raise")
    actor: Mapped[User | None] = relationship(
        primaryjoin=lambda: User.id == foreign(OrderEvent.actor_id), viewonly=True, lazy="raise"
    )
