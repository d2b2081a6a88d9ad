"""Payments: what is paid for an order, each step of it, how customers like to pay, and what providers told us."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from models.accounts import User
from models.audit import ACTOR_NAME_LENGTH, ActorKind
from models.base import Base, Currency, Money, Timestamp, Timestamped
from models.orders import Order

PROVIDER_LENGTH = 30
REFERENCE_LENGTH = 255
FAILURE_LENGTH = 500
LABEL_LENGTH = 100
LONGEST_REFUND_REASON = 500


class PaymentKind(StrEnum):
    """How a customer pays."""

    CARD = "CARD"
    BANK_TRANSFER = "BANK_TRANSFER"
    CASH_ON_DELIVERY = "CASH_ON_DELIVERY"


class PaymentState(StrEnum):
    """How far a payment is. Of two, the one further down is the later (domain/payment_outcomes.py)."""

    PENDING = "PENDING"
    """Nothing is known yet, or the money is on its way."""
    REQUIRES_ACTION = "REQUIRES_ACTION"
    """The customer has to do something, such as 3-D Secure."""
    FAILED = "FAILED"
    """It was declined."""
    AUTHORIZED = "AUTHORIZED"
    """The money is promised."""
    CANCELLED = "CANCELLED"
    """Nothing of it was taken, and nothing will be."""
    CAPTURED = "CAPTURED"
    """The money was taken. What was given back of it is `refunded`."""


class TransactionKind(StrEnum):
    """A step of a payment."""

    AUTHORIZE = "AUTHORIZE"
    CAPTURE = "CAPTURE"
    CANCEL = "CANCEL"
    REFUND = "REFUND"
    REFUND_REVERSAL = "REFUND_REVERSAL"
    """The bank has sent back what was given back."""


class TransactionState(StrEnum):
    """What became of a step."""

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class EventOutcome(StrEnum):
    """What became of a provider's message."""

    APPLIED = "APPLIED"
    """The provider was asked about the payment, and its answer was taken over."""
    IGNORED = "IGNORED"
    """It concerns no payment."""
    UNKNOWN = "UNKNOWN"
    """It concerns a payment that is none of ours."""


class Payment(Timestamped, Base):
    """An attempt to pay an order. What was promised and taken only grows, and what was given back as its steps say."""

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("refunding >= 0", name="refunding"),
        CheckConstraint(
            "0 <= refunded AND refunded + refunding <= captured AND captured <= authorized AND authorized <= amount",
            name="amounts",
        ),
        CheckConstraint("(status = 'CAPTURED') = (captured > 0)", name="captured"),
        CheckConstraint("status <> 'AUTHORIZED' OR authorized > 0", name="authorized"),
        CheckConstraint("provider <> ''", name="provider"),
        CheckConstraint("version > 0", name="version"),
        UniqueConstraint("provider", "provider_reference"),
        Index(None, "order_id"),
        Index(None, "created_at", "id"),
        Index("ix_payments_open", "checked_at", postgresql_where=text("status IN ('PENDING', 'REQUIRES_ACTION')")),
        Index("ix_payments_attention", "id", postgresql_where=text("attention IS NOT NULL")),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="RESTRICT"))
    provider: Mapped[str] = mapped_column(String(PROVIDER_LENGTH))
    """Who carries it out: manual, stripe."""
    kind: Mapped[PaymentKind]
    status: Mapped[PaymentState] = mapped_column(server_default=text(f"'{PaymentState.PENDING}'"))
    amount: Mapped[Money]
    authorized: Mapped[Money] = mapped_column(server_default=text("0"))
    captured: Mapped[Money] = mapped_column(server_default=text("0"))
    refunded: Mapped[Money] = mapped_column(server_default=text("0"))
    refunding: Mapped[Money] = mapped_column(server_default=text("0"))
    """What is being given back: the sum of its pending refunds, so that no two give back the same money."""
    currency: Mapped[Currency]
    provider_reference: Mapped[str | None] = mapped_column(String(REFERENCE_LENGTH))
    """What the provider calls it."""
    source: Mapped[str | None] = mapped_column(String(REFERENCE_LENGTH))
    """What the provider takes the money from, by its own name; worth nothing to others."""
    source_customer: Mapped[str | None] = mapped_column(String(REFERENCE_LENGTH))
    """What the provider calls whoever has kept the source, or has it kept now."""
    keeps_source: Mapped[bool] = mapped_column(server_default=false())
    """Whether the buyer wants to pay with it again."""
    failure: Mapped[str | None] = mapped_column(String(FAILURE_LENGTH))
    """Why it was declined, in words for the customer."""
    attention: Mapped[str | None] = mapped_column(String(FAILURE_LENGTH))
    """Why somebody of the staff has to look at it."""
    checked_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    """When the provider was last asked about it."""
    version: Mapped[int] = mapped_column(server_default=text("1"))

    order: Mapped[Order] = relationship(lazy="raise")
    transactions: Mapped[list["PaymentTransaction"]] = relationship(back_populates="payment", lazy="raise")


class PaymentTransaction(Base):
    """A step of a payment: asked for, and then done or refused. What is settled stays as it is (migration 0032)."""

    __tablename__ = "payment_transactions"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("(status = 'PENDING') = (settled_at IS NULL)", name="settled_at"),
        CheckConstraint("status = 'FAILED' OR failure IS NULL", name="failure"),
        CheckConstraint("(kind = 'REFUND_REVERSAL') = (reverses_id IS NOT NULL)", name="reverses"),
        CheckConstraint("kind <> 'REFUND_REVERSAL' OR status = 'SUCCEEDED'", name="reversed"),
        Index(None, "payment_id", "recorded_at", "id"),
        Index(None, "idempotency_key"),
        Index("ix_payment_transactions_open", "recorded_at", postgresql_where=text("status = 'PENDING'")),
        Index(
            "uq_payment_transactions_refund",
            "payment_id",
            "provider_reference",
            unique=True,
            postgresql_where=text("kind = 'REFUND' AND provider_reference IS NOT NULL"),
        ),
        Index(
            "uq_payment_transactions_open_step",
            "payment_id",
            unique=True,
            postgresql_where=text("status = 'PENDING' AND kind <> 'REFUND'"),
        ),
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id", ondelete="RESTRICT"))
    kind: Mapped[TransactionKind]
    status: Mapped[TransactionState]
    amount: Mapped[Money]
    currency: Mapped[Currency]
    """That of the payment."""
    provider_reference: Mapped[str | None] = mapped_column(String(REFERENCE_LENGTH))
    """What the provider calls the step, if it has a name of its own."""
    idempotency_key: Mapped[str | None] = mapped_column(String(REFERENCE_LENGTH))
    """Made of who asked for it and the key that they made up, which they may use again once it is forgotten; the
    provider is asked under the id of the step."""
    reason: Mapped[str | None] = mapped_column(String(LONGEST_REFUND_REASON))
    """What somebody said about it."""
    failure: Mapped[str | None] = mapped_column(String(FAILURE_LENGTH))
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    """Of a refund, the units that it is for: `line`, `quantity`, and whether they go back into stock, `restock`."""
    reverses_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("payment_transactions.id", ondelete="RESTRICT"), unique=True
    )
    """The refund that is undone: each is undone once."""
    actor_kind: Mapped[ActorKind] = mapped_column(server_default=text("'DATABASE'"))
    """A trigger says who asked for it, or where the news came from."""
    actor_id: Mapped[UUID | None]
    """The account that asked for it. No foreign key: the step outlives the account."""
    actor_name: Mapped[str | None] = mapped_column(String(ACTOR_NAME_LENGTH))
    recorded_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    settled_at: Mapped[Timestamp | None]

    payment: Mapped[Payment] = relationship(back_populates="transactions", lazy="raise")
    actor: Mapped[User | None] = relationship(
        primaryjoin=lambda: User.id == foreign(PaymentTransaction.actor_id), viewonly=True, lazy="raise"
    )


class PaymentMethod(Timestamped, Base):
    """How a customer likes to pay, for the next time."""

    __tablename__ = "payment_methods"
    __table_args__ = (
        CheckConstraint("label <> ''", name="label"),
        UniqueConstraint("user_id", "provider", "mark_index"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    provider: Mapped[str] = mapped_column(String(PROVIDER_LENGTH))
    kind: Mapped[PaymentKind]
    label: Mapped[str] = mapped_column(String(LABEL_LENGTH))
    """What its owner knows it by, such as Visa, ending in 4242."""
    encrypted_details: Mapped[bytes] = mapped_column(LargeBinary)
    """What the provider knows it by, sealed by domain/vault.py."""
    mark_index: Mapped[bytes] = mapped_column(LargeBinary)
    """The keyed hash of what tells the card from others (`Vault.index`), so that it is kept once."""
    is_active: Mapped[bool] = mapped_column(server_default=true())


class ProviderEvent(Base):
    """A message of a provider, once: what it is about, and nothing of whoever paid."""

    __tablename__ = "provider_events"
    __table_args__ = (
        UniqueConstraint("provider", "event_id"),
        CheckConstraint("(applied_at IS NULL) = (outcome IS NULL)", name="applied_at"),
        Index(None, "received_at", "id"),
    )

    provider: Mapped[str] = mapped_column(String(PROVIDER_LENGTH))
    event_id: Mapped[str] = mapped_column(String(REFERENCE_LENGTH))
    kind: Mapped[str] = mapped_column(String(REFERENCE_LENGTH))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    """As JSON rather than JSONB, which refuses the character NUL."""
    received_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    applied_at: Mapped[Timestamp | None]
    outcome: Mapped[EventOutcome | None]
