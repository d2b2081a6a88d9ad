"""Stock: how many units of each variant there are, and how they came to be. No order touches the catalogue."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKey, Identity, Index, String, func, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from models.accounts import User
from models.audit import ACTOR_NAME_LENGTH, TABLE_NAME_LENGTH, ActorKind
from models.base import Base, Timestamp, Timestamped
from models.catalog import ProductVariant

LOW_STOCK_BELOW = 10
"""The minimum level where none is given."""

MOST_UNITS = 2**31 - 1
"""What a count of units has room for."""

LONGEST_REASON = 500


class MovementKind(StrEnum):
    """Why the units of a variant changed."""

    RECEIVED = "RECEIVED"
    """Units came into the house."""
    RESERVED = "RESERVED"
    """Units were promised to an order."""
    RELEASED = "RELEASED"
    """Promised units are free again."""
    SOLD = "SOLD"
    """Promised units left the house."""
    RETURNED = "RETURNED"
    """Units that had been sold came back."""
    CORRECTED = "CORRECTED"
    """Somebody counted, or wrote the numbers themselves."""


class StockLevel(Timestamped, Base):
    """The units of one variant; what can be sold is `available`.

    Whatever changes the numbers, a trigger writes the movement that says so (migration 0024, decision 0036).
    """

    __tablename__ = "stock_levels"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="quantity"),
        CheckConstraint("backordered >= 0", name="backordered"),
        CheckConstraint("reserved BETWEEN 0 AND quantity + backordered", name="reserved"),
        CheckConstraint("minimum_level >= 0", name="minimum_level"),
        Index(None, "quantity"),
    )

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("product_variants.id", ondelete="CASCADE"), unique=True)
    quantity: Mapped[int] = mapped_column(server_default=text("0"))
    """The units in the house."""
    reserved: Mapped[int] = mapped_column(server_default=text("0"))
    """The units promised to orders that are not sent yet."""
    minimum_level: Mapped[int] = mapped_column(server_default=text(str(LOW_STOCK_BELOW)))
    backordered: Mapped[int] = mapped_column(server_default=text("0"))
    """How many more units may be promised than are there. A trigger sets it, and for as long as the variant's policy is
    ALLOW raises it as needed."""
    available: Mapped[int] = mapped_column(Computed("quantity - reserved", persisted=True))
    """Less than 0 where more units are promised than are there. No index: each reservation would
    have to write them all."""

    variant: Mapped[ProductVariant] = relationship(back_populates="stock_level", lazy="raise")
    movements: Mapped[list["StockMovement"]] = relationship(back_populates="stock_level", lazy="raise")


class StockMovement(Base):
    """One change of a stock level. A trigger writes it, and nobody changes it; the changes of a level sum to it."""

    __tablename__ = "stock_movements"
    __table_args__ = (
        CheckConstraint(
            "CASE kind WHEN 'RESERVED' THEN quantity_change = 0 AND reserved_change > 0 "
            "WHEN 'RELEASED' THEN quantity_change = 0 AND reserved_change < 0 "
            "WHEN 'SOLD' THEN quantity_change < 0 AND reserved_change = quantity_change "
            "WHEN 'CORRECTED' THEN quantity_change <> 0 OR reserved_change <> 0 "
            "ELSE quantity_change > 0 AND reserved_change = 0 END",
            name="changes",
        ),
        CheckConstraint("(cause IS NULL) = (cause_id IS NULL)", name="cause"),
        CheckConstraint("reason <> ''", name="reason"),
        Index(None, "stock_level_id", "number", unique=True),
        Index(None, "cause_id", postgresql_where=text("cause_id IS NOT NULL")),
    )

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    """Orders the movements of a level as they happened; it has gaps."""
    stock_level_id: Mapped[UUID] = mapped_column(ForeignKey("stock_levels.id", ondelete="CASCADE"))
    kind: Mapped[MovementKind]
    quantity_change: Mapped[int]
    reserved_change: Mapped[int]
    quantity_after: Mapped[int]
    reserved_after: Mapped[int]
    reason: Mapped[str | None] = mapped_column(String(LONGEST_REASON))
    """What somebody said about it."""
    cause: Mapped[str | None] = mapped_column(String(TABLE_NAME_LENGTH))
    """The table of the row that it was done for, such as an order."""
    cause_id: Mapped[UUID | None]
    """That row. No foreign key: it may be of any table."""
    actor_kind: Mapped[ActorKind]
    actor_id: Mapped[UUID | None]
    """The account; of an API token, that of its owner. No foreign key: the movement outlives the account."""
    actor_name: Mapped[str | None] = mapped_column(String(ACTOR_NAME_LENGTH))
    """Of a job or a command, what it is called."""
    recorded_at: Mapped[Timestamp] = mapped_column(server_default=func.now())

    stock_level: Mapped[StockLevel] = relationship(back_populates="movements", lazy="raise")
    actor: Mapped[User | None] = relationship(
        primaryjoin=lambda: User.id == foreign(StockMovement.actor_id), viewonly=True, lazy="raise"
    )
