"""Buying what is in a cart."""

from decimal import Decimal
from typing import Annotated

import strawberry

import models
from auth.permissions import Gate
from domain.money import MOST_MONEY
from models.idempotency import LONGEST_KEY
from models.orders import LONGEST_CUSTOMER_NOTE
from models.payments import REFERENCE_LENGTH
from resolvers import checkout
from resolvers.checkout import CheckedOut, GivenPayment
from schema.account_problems import AccountGone
from schema.checkout_problems import (
    AmountTooLarge,
    CartAlreadyOrdered,
    CartChanged,
    DetailsMissing,
    EmptyCart,
    LinesNotForSale,
    NotSentThere,
    PaymentDeclined,
    PaymentKindNotOffered,
    PaymentMissing,
    PriceChanged,
    PromoCodeNotUsable,
    PromotionNotApplicable,
)
from schema.customer_orders import Order
from schema.declare import mutation, written
from schema.enums import PaymentKind
from schema.inputs import HIGHEST_VERSION, LONGEST_URL, choice, key, mutation_input, nested, number, text
from schema.out_of_stock import OutOfStock
from schema.payloads import payload
from schema.payments import Payment
from schema.payments_changes import PaymentMethodNotFound
from schema.problems import InvalidInput
from schema.stock_changes import IdempotencyMismatch


@mutation_input("How the buyer pays.")
class CheckoutPaymentInput:
    """One of the `paymentOptions`."""

    kind: PaymentKind = choice("What kind of payment it is.")
    source: str | None = text(
        "What the provider takes the money from, by its own name, such as a payment method of Stripe. Without one the "
        "buyer's browser says so, with the `clientSecret`.",
        longest=REFERENCE_LENGTH,
        shortest=1,
    )
    payment_method_id: strawberry.ID | None = key(
        "One of the ways to pay that the account has kept, instead of `source`.", "PaymentMethod"
    )
    keeps_source: bool | None = choice(
        "Whether the account keeps what it pays with, for the next time, once the money is promised; else not."
    )
    return_url: str | None = text("Where the buyer's browser comes back to from their bank.", longest=LONGEST_URL)


@mutation_input("What the buyer was shown, and agrees to.")
class CheckoutInput:
    """The cart is the viewer's own: that of the account, or that of the guest whose token is sent."""

    expected_total: Decimal = number(
        "The total that the buyer was shown. With another one nothing is ordered.", least=0, most=MOST_MONEY
    )
    expected_version: int | None = number(
        "The version of the cart that the buyer was shown.", least=1, most=HIGHEST_VERSION
    )
    payment: CheckoutPaymentInput | None = nested(
        "How it is paid. May be left out where the total is 0.", makes=GivenPayment
    )
    customer_note: str | None = text("What the buyer wants the shop to know.", longest=LONGEST_CUSTOMER_NOTE)
    idempotency_key: str = text(
        "Made up for this attempt: sent again with the same input, it gives the same order. An attempt with other "
        "means needs a new one. It is kept for a week.",
        longest=LONGEST_KEY,
        shortest=1,
    )


@payload(CheckedOut, "An order that was placed, and how far its payment is.")
class Checkout:
    """What came of a checkout."""

    order: Order | None = written(models.Order, lambda checked_out: checked_out.order_id, "The order.")
    payment: Payment | None = written(
        models.Payment, lambda checked_out: checked_out.payment_id, "Its payment; null where it costs nothing."
    )
    client_secret: str | None = strawberry.field(
        description="With it the buyer's browser goes on while the payment is REQUIRES_ACTION, such as with 3-D Secure."
    )


CheckoutResult = Annotated[
    Checkout
    | InvalidInput
    | AccountGone
    | EmptyCart
    | CartAlreadyOrdered
    | CartChanged
    | LinesNotForSale
    | DetailsMissing
    | NotSentThere
    | PromotionNotApplicable
    | PromoCodeNotUsable
    | PriceChanged
    | AmountTooLarge
    | OutOfStock
    | PaymentMissing
    | PaymentKindNotOffered
    | PaymentMethodNotFound
    | PaymentDeclined
    | IdempotencyMismatch,
    strawberry.union("CheckoutResult", description="The order, or why there is none."),
]


@strawberry.type
class CheckoutMutations:
    """Fields of the root of changes."""

    checkout: CheckoutResult | None = mutation(
        checkout.checkout,
        "Buy what is in the viewer's cart: stock is reserved, the order placed, and its payment begun, or nothing at "
        "all is done.",
        input=CheckoutInput,
        requires=Gate.PUBLIC,
    )
