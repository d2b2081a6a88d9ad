"""What a cart costs, read with the server's own rights: buyers do not see codes."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from aiodataloader import DataLoader

from domain.cart_pricing import PricedCart, price_cart
from domain.discounting import SkippedCode
from domain.errors import shown
from domain.promotions import SkipReason
from domain.purchases import ShippingFault
from domain.totals import AmountTooLargeError
from models import Cart
from resolvers.context import Context

WHY_SKIPPED = {
    SkipReason.NOT_YET_VALID: "is not valid yet",
    SkipReason.OVER: "is not valid any more",
    SkipReason.USED_UP: "is used up",
    SkipReason.USED_UP_BY_CUSTOMER: "was used as often as one buyer may",
    SkipReason.OTHER_CURRENCY: "is for another currency",
    SkipReason.BELOW_MINIMUM: "needs a larger purchase",
    SkipReason.NOTHING_IT_IS_FOR: "is for nothing in the cart",
    SkipReason.NOTHING_LEFT: "has nothing left to take off",
    SkipReason.UNKNOWN: "does not exist any more",
}


@dataclass(frozen=True, slots=True)
class CodeSkipped:
    """A code in the cart takes nothing off."""

    code: SkippedCode

    @property
    def message(self) -> str:
        """What to tell the buyer."""
        return f"The code {shown(self.code.code)} {WHY_SKIPPED[self.code.reason]}."


@dataclass(frozen=True, slots=True)
class NotSentThere:
    """The shop does not sell to the country."""

    @property
    def message(self) -> str:
        """What to tell the buyer."""
        return "The shop does not send anything to this country."


@dataclass(frozen=True, slots=True)
class MethodUnavailable:
    """The shipping method cannot be had for this cart."""

    @property
    def message(self) -> str:
        """What to tell the buyer."""
        return "The shipping method is not offered for this. Choose another."


@dataclass(frozen=True, slots=True)
class CostsTooMuch:
    """It costs more than can be written down."""

    @property
    def message(self) -> str:
        """What to tell the buyer."""
        return str(AmountTooLargeError())


PurchaseProblem = CodeSkipped | NotSentThere | MethodUnavailable | CostsTooMuch


def priced(context: Context, cart: Cart) -> Awaitable[PricedCart | None]:
    """What the cart costs, computed once for a request; of several carts one after the other."""

    async def load(carts: list[Any]) -> list[PricedCart | None]:
        async with context.consulting() as session:
            return [await price_cart(session, each, context.visit.at) for each in carts]

    loader = context.loader("prices of carts", lambda: DataLoader(load, get_cache_key=lambda each: each.id))
    return loader.load(cart)


async def purchase_problems(context: Context, cart: Cart) -> list[PurchaseProblem]:
    """What stands in the way of buying the cart besides its lines."""
    found = await priced(context, cart)
    if found is None:
        return [CostsTooMuch()]
    problems: list[PurchaseProblem] = [CodeSkipped(each) for each in found.purchase.quote.skipped]
    match found.purchase.shipping_fault:
        case ShippingFault.COUNTRY_NOT_SERVED:
            problems.append(NotSentThere())
        case ShippingFault.METHOD_UNAVAILABLE:
            problems.append(MethodUnavailable())
        case _:
            pass  # a method that was not chosen yet is no problem of the cart
    return problems
