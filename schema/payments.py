"""Payments: what buyers see of theirs, and what the staff sees."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

import models
from auth.permissions import Permission
from domain.payment_providers import PaymentOption as PaymentOptionValue
from resolvers.loading import Link
from schema.declare import column, many, one, part, table
from schema.enums import ActorKind, PaymentKind, PaymentState, TransactionKind, TransactionState
from schema.orders import ascending, descending
from schema.payloads import payload
from schema.relay import Node
from schema.values import Money

if TYPE_CHECKING:
    from schema.accounts import Account
    from schema.customer_orders import Order

READ = Permission.PAYMENTS_READ
AS_IT_HAPPENED = ascending("step:recorded", lambda step: step.recorded_at)
OLDEST_FIRST = ascending("payment:oldest", lambda payment: payment.created_at)
NEWEST_METHOD = descending("payment-method:newest", lambda method: method.created_at)

PAYMENTS_OF_ORDER = Link(models.Payment, lambda payment, order: payment.order_id == order)
METHODS_OF_ACCOUNT = Link(models.PaymentMethod, lambda method, account: method.user_id == account)


def _money(name: str, description: str) -> Money:
    return part(Money, {"amount": name, "currency_code": "currency"}, description)  # type: ignore[no-any-return]


@table(models.PaymentTransaction, "A step of a payment. What is settled stays as it is.")
class PaymentTransaction:
    """A step."""

    kind: TransactionKind = column("What was to be done.")
    status: TransactionState = column("Whether it is done.")
    amount: Money = _money("amount", "How much money it moves, or was to move.")
    recorded_at: datetime = column("When it was asked for, or became known.")
    settled_at: datetime | None = column("When it was known whether it is done.")
    reason: str | None = column("Why, in the words of whoever asked for it.", requires=READ)
    failure: str | None = column("Why it is not done.", requires=READ)
    provider_reference: str | None = column("What the provider calls it.", requires=READ)
    actor_kind: ActorKind | None = column("What kind of actor asked for it, or brought the news.", requires=READ)
    actor: Annotated["Account", strawberry.lazy("schema.accounts")] | None = one(
        models.PaymentTransaction.actor, "The account of whoever asked for it.", requires=Permission.ACCOUNTS_READ
    )
    payment: Annotated["Payment", strawberry.lazy("schema.payments")] | None = one(
        models.PaymentTransaction.payment, "The payment that it is a step of."
    )


@table(models.Payment, "An attempt to pay an order.")
class Payment(Node):
    """A payment, and what became of it."""

    kind: PaymentKind = column("How it is paid.")
    status: PaymentState = column("How far it is.")
    amount: Money = _money("amount", "What is to be paid.")
    authorized: Money = _money("authorized", "What was promised.")
    captured: Money = _money("captured", "What was taken.")
    refunded: Money = _money("refunded", "What was given back of it.")
    refunding: Money = _money("refunding", "What is being given back at this moment.")
    failure: str | None = column("Why it was declined, in words for the buyer.")
    version: int = column("Rises with each change: what `expectedVersion` is compared with.")
    created_at: datetime = column("When it was begun.")
    updated_at: datetime = column("When it last changed.")
    provider: str | None = column("Who carries it out: `manual`, `stripe`.", requires=READ)
    provider_reference: str | None = column("What the provider calls it.", requires=READ)
    attention: str | None = column("Why somebody of the staff has to look at it.", requires=READ)
    order: Annotated["Order", strawberry.lazy("schema.customer_orders")] | None = one(
        models.Payment.order, "What it is for."
    )
    transactions: list[PaymentTransaction] = many(
        models.Payment.transactions, "Its steps, as they happened.", order=AS_IT_HAPPENED, paged=False
    )


@table(models.PaymentMethod, "A way to pay that a customer has kept.")
class PaymentMethod(Node):
    """A card, mostly."""

    kind: PaymentKind = column("What kind of payment it makes.")
    label: str = column("What its owner knows it by.")
    is_active: bool = column("Whether it can be paid with.")
    created_at: datetime = column("When it was kept.")


@payload(PaymentOptionValue, "A kind of payment that the shop takes.")
class PaymentOption:
    """An option."""

    kind: PaymentKind = strawberry.field(description="What kind it is.")
    provider: str = strawberry.field(description="Who carries it out: `manual`, `stripe`.")
    public_key: str | None = strawberry.field(description="What the provider's script in the browser is started with.")
    instructions: str | None = strawberry.field(description="What the buyer has to do.")
