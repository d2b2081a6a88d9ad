"""Why a cart does not become an order."""

import strawberry

from domain.checkout_errors import (
    CartChangedError,
    DetailsMissingError,
    EmptyCartError,
    LinesNotForSaleError,
    NotSentThereError,
    PaymentDeclinedError,
    PaymentMissingError,
    PriceChangedError,
    PromotionNotApplicableError,
)
from domain.order_placing import CartAlreadyOrderedError
from domain.payment_providers import PaymentKindNotOfferedError
from domain.promo_code_uses import PromoCodeNotUsableError
from domain.totals import AmountTooLargeError
from resolvers.ids import encode_id
from schema.declare import field
from schema.enums import CheckoutDetail, PaymentKind, SkipReason
from schema.problems import Problem, problem
from schema.values import Money


@problem(EmptyCartError, "There is nothing in the cart, or the viewer has none.")
class EmptyCart(Problem):
    """Add something to it. It is empty, too, once it was bought: look among the orders."""


@problem(CartChangedError, "The cart was changed since it was shown.")
class CartChanged(Problem):
    """Show it again."""

    expected_version: int = strawberry.field(description="The version that was expected.")
    current_version: int = strawberry.field(description="The version that it has.")


@problem(LinesNotForSaleError, "Some lines cannot be bought any more, or not as they were chosen.")
class LinesNotForSale(Problem):
    """The cart's `problems` say why."""

    line_ids: list[strawberry.ID] = field(
        lambda refusal, _info: [encode_id("CartLine", key) for key in refusal.error.line_ids], "The lines."
    )


@problem(DetailsMissingError, "Something has to be known before an order can be placed.")
class DetailsMissing(Problem):
    """Set it with `setCartDetails`."""

    missing: list[CheckoutDetail] = strawberry.field(description="What is not known.")


@problem(NotSentThereError, "The goods are not sent to that country, or not by that method.")
class NotSentThere(Problem):
    """Choose another address, or one of the cart's shipping methods."""


@strawberry.type(description="A promotion code that takes nothing off.")
class SkippedPromotion:
    """A code, and why."""

    code: str = strawberry.field(description="The code.")
    reason: SkipReason = strawberry.field(description="Why it takes nothing off.")


@problem(PromotionNotApplicableError, "A code of the cart takes nothing off.")
class PromotionNotApplicable(Problem):
    """Take it out with `removePromoCode`, or see to what it asks for."""

    codes: list[SkippedPromotion] = strawberry.field(description="The codes.")


@problem(PromoCodeNotUsableError, "A code was used up, or came to its end, in this very moment.")
class PromoCodeNotUsable(Problem):
    """Take it out with `removePromoCode`."""

    reason: SkipReason = strawberry.field(description="Why it cannot be used.")


@problem(PriceChangedError, "It does not cost what the buyer was shown.")
class PriceChanged(Problem):
    """Show the new total, and ask again."""

    total: Money = field(
        lambda refusal, _info: Money(amount=refusal.error.total, currency_code=refusal.error.currency),
        "What it costs now.",
    )


@problem(CartAlreadyOrderedError, "The cart has become an order meanwhile: an earlier one was paid after all.")
class CartAlreadyOrdered(Problem):
    """Look among the orders."""


@problem(AmountTooLargeError, "It costs more than can be written down.")
class AmountTooLarge(Problem):
    """Order less at once."""


@problem(PaymentMissingError, "The order costs something, and nothing was said of how it is paid.")
class PaymentMissing(Problem):
    """`paymentOptions` has the ways."""


@problem(PaymentKindNotOfferedError, "The shop does not take that kind of payment.")
class PaymentKindNotOffered(Problem):
    """`paymentOptions` has the ways."""

    kind: PaymentKind = strawberry.field(description="What it does not take.")


@problem(PaymentDeclinedError, "The money was refused. What was reserved is free again, and the cart is open.")
class PaymentDeclined(Problem):
    """Try again under a new idempotency key, with other means."""

    reason: str | None = strawberry.field(description="Why, in words for the buyer.")
