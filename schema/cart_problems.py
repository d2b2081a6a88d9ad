"""What stands in the way of buying a cart as it is. A problem of a cart refuses nothing until checkout."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry

import models
from domain.cart_state import LineChoiceImpossible as LineChoiceImpossibleValue
from domain.cart_state import LineNoLongerSold as LineNoLongerSoldValue
from domain.cart_state import LineOutOfStock as LineOutOfStockValue
from domain.cart_state import LinePriceChanged as LinePriceChangedValue
from domain.cart_state import LineProblem
from resolvers.cart_totals import CodeSkipped as CodeSkippedValue
from resolvers.cart_totals import CostsTooMuch as CostsTooMuchValue
from resolvers.cart_totals import MethodUnavailable as MethodUnavailableValue
from resolvers.cart_totals import NotSentThere as NotSentThereValue
from resolvers.loading import load_row
from schema.declare import field
from schema.enums import SkipReason
from schema.problems import InvalidField
from schema.scalars import CurrencyCode
from schema.values import Money

if TYPE_CHECKING:
    from schema.carts import CartLine

Line = Annotated["CartLine", strawberry.lazy("schema.carts")]
Twin = TypeVar("Twin", bound=type)


@strawberry.interface(description="What stands in the way of buying a cart as it is.")
class CartProblem:
    """What all problems of carts share."""

    message: str = field(lambda problem, _info: problem.message, "What is wrong, in words for the buyer.")


def cart_problem(value: type, description: str) -> Callable[[Twin], Twin]:
    """Tie a problem to the value that it shows."""

    def decorate(cls: Twin) -> Twin:
        cls.is_type_of = staticmethod(lambda given, _info: isinstance(given, value))  # type: ignore[attr-defined]
        return strawberry.type(cls, description=description)

    return decorate


def line_of(problem: LineProblem, info: Any) -> Awaitable[models.CartLine]:
    """The line itself."""
    return load_row(info.context, models.CartLine, "id", problem.line.line_id)


def _line() -> Any:
    return field(line_of, "Which line it is about.")


@cart_problem(LineOutOfStockValue, "There are fewer units than the line has.")
class LineOutOfStock(CartProblem):
    """Take less, or wait."""

    line: Line = _line()
    left: int = strawberry.field(description="How many the line can have, besides those of lines before it.")


@cart_problem(LinePriceChangedValue, "A unit does not cost any more what the buyer has seen.")
class LinePriceChanged(CartProblem):
    """Show both prices, and call `confirmCartPrices` when the buyer agrees."""

    line: Line = _line()
    seen: Money = field(
        lambda problem, _info: _money(problem.line.unit_price_seen, problem.line.currency), "What it cost."
    )
    now: Money = field(lambda problem, _info: _money(problem.line.unit_price, problem.line.currency), "What it costs.")


@cart_problem(LineNoLongerSoldValue, "It cannot be bought any more. Take the line out.")
class LineNoLongerSold(CartProblem):
    """Its product was taken from sale."""

    line: Line = _line()


@cart_problem(LineChoiceImpossibleValue, "It cannot be made any more as it was chosen.")
class LineChoiceImpossible(CartProblem):
    """The options of the product have changed since. Take the line out, and choose anew."""

    line: Line = _line()
    options: list[InvalidField] = field(
        lambda problem, _info: problem.line.refused_options, "What was chosen and cannot be had."
    )


@cart_problem(CodeSkippedValue, "A promotion code of the cart takes nothing off.")
class PromoCodeSkipped(CartProblem):
    """Tell the buyer why; checkout refuses a cart with such a code."""

    code: str = field(lambda problem, _info: problem.code.code, "The code.")
    reason: SkipReason = field(lambda problem, _info: problem.code.reason, "Why.")
    missing: Decimal | None = field(
        lambda problem, _info: problem.code.missing, "How much more has to be bought, where it is too little."
    )


@cart_problem(NotSentThereValue, "The shop does not sell to the country that the goods are to go to.")
class CountryNotServed(CartProblem):
    """Choose another address."""


@cart_problem(MethodUnavailableValue, "The shipping method is not offered any more, or not for this cart.")
class ShippingMethodUnavailable(CartProblem):
    """Choose one of `availableShippingMethods`."""


@cart_problem(CostsTooMuchValue, "It costs more than money can be. Take some out.")
class CartTotalTooLarge(CartProblem):
    """The cart has no `totals` then."""


def _money(amount: Any, currency: str) -> Money:
    return Money(amount=amount, currency_code=CurrencyCode(currency))


CART_PROBLEMS = [
    CartTotalTooLarge,
    CountryNotServed,
    LineChoiceImpossible,
    LineNoLongerSold,
    LineOutOfStock,
    LinePriceChanged,
    PromoCodeSkipped,
    ShippingMethodUnavailable,
]
"""The schema is told of them, because no field names them."""
