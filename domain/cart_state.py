"""What is in carts as it is now: prices, stock, and what stands in the way of buying it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, any_, bindparam, case, func, null, select

from domain.customization import (
    CustomizationInvalidError,
    NotCustomizableError,
    require_possible,
    unit_price,
)
from domain.errors import InvalidField
from domain.given_rows import given_array
from models import (
    BackorderPolicy,
    Cart,
    CartLine,
    Category,
    Product,
    ProductOptionSchema,
    ProductVariant,
    StockLevel,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """A line with what is known of its variant at the moment."""

    line_id: UUID
    cart_id: UUID
    variant_id: UUID
    product_id: UUID
    tax_class_id: UUID | None
    sku: str
    product_name: str
    variant_name: str
    category_path: frozenset[UUID]
    """The product's category and all above it; empty without one."""
    quantity: int
    customization: Mapping[str, Any]
    currency: str
    unit_price: Decimal
    """With what the chosen options add to it."""
    unit_price_seen: Decimal
    is_sold: bool
    """Whether it can be bought at all, however many there are."""
    left: int | None
    """How many units are left; None where none are counted, or orders may wait for them."""
    refused_options: Sequence[InvalidField]
    """What was chosen and cannot be had any more."""
    requires_shipping: bool
    is_taxable: bool
    weight_grams: int


@dataclass(frozen=True, slots=True)
class LineOutOfStock:
    """There are not so many units."""

    line: LineState
    left: int
    """How many the line can have, besides those that lines before it take."""

    @property
    def message(self) -> str:
        """What to tell the buyer."""
        return f"{_left(self.left)} of {self.line.product_name}."


@dataclass(frozen=True, slots=True)
class LinePriceChanged:
    """A unit does not cost any more what the buyer has seen."""

    line: LineState

    @property
    def message(self) -> str:
        """What to tell the buyer."""
        return f"{self.line.product_name} cost {self.line.unit_price_seen} and costs {self.line.unit_price} now."


@dataclass(frozen=True, slots=True)
class LineNoLongerSold:
    """It cannot be bought any more."""

    line: LineState

    @property
    def message(self) -> str:
        """What to tell the buyer."""
        return f"{self.line.product_name} is not for sale any more."


@dataclass(frozen=True, slots=True)
class LineChoiceImpossible:
    """It cannot be made like this any more."""

    line: LineState

    @property
    def message(self) -> str:
        """What to tell the buyer."""
        return f"{self.line.product_name} cannot be made as it was chosen any more."


LineProblem = LineOutOfStock | LinePriceChanged | LineNoLongerSold | LineChoiceImpossible


def _lines(are_meant: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    counts = and_(ProductVariant.tracks_stock, ProductVariant.backorder_policy == BackorderPolicy.DENY)
    left = func.greatest(func.coalesce(StockLevel.available, 0), 0)
    return (
        select(
            CartLine.id,
            CartLine.cart_id,
            CartLine.variant_id,
            CartLine.quantity,
            CartLine.customization,
            CartLine.unit_price_seen,
            ProductVariant.product_id,
            ProductVariant.sku,
            ProductVariant.name,
            ProductVariant.price,
            ProductVariant.currency,
            ProductVariant.requires_shipping,
            ProductVariant.is_taxable,
            func.coalesce(ProductVariant.weight_grams, 0).label("weight_grams"),
            Product.name.label("product_name"),
            Product.tax_class_id,
            Category.path,
            and_(Product.is_active, ProductVariant.currency == Cart.currency).label("is_sold"),
            case((counts, left), else_=null()).label("left"),
            ProductOptionSchema.definition,
            ProductOptionSchema.surcharges,
        )
        .join(Cart, Cart.id == CartLine.cart_id)
        .join(ProductVariant, ProductVariant.id == CartLine.variant_id)
        .join(Product, Product.id == ProductVariant.product_id)
        .outerjoin(Category, Category.id == Product.category_id)
        .outerjoin(StockLevel, StockLevel.variant_id == ProductVariant.id)
        .outerjoin(ProductOptionSchema, ProductOptionSchema.product_id == Product.id)
        .where(are_meant)
        .order_by(CartLine.id)
    )


LINES = _lines(CartLine.cart_id == any_(given_array("carts", Uuid())))
"""What `states_from` reads: all lines of the `carts`, each cart's in its order."""

LINES_OF_ONE = _lines(CartLine.cart_id == bindparam("cart", type_=Uuid()))
"""The same of one `cart`. PostgreSQL knows how few they are, where of several it makes ready to read whole tables."""


def states_from(rows: Iterable[Any]) -> dict[UUID, list[LineState]]:
    """The lines that the rows of `LINES` tell of, by their carts; a cart without lines is not there."""
    found: dict[UUID, list[LineState]] = defaultdict(list)
    for row in rows:
        found[row.cart_id].append(_state(row))
    return found


def problems_of(lines: Sequence[LineState]) -> list[LineProblem]:
    """What stands in the way of buying these lines of one cart, in their order. Lines of a variant share its units."""
    found: list[LineProblem] = []
    left = {line.variant_id: line.left for line in lines if line.left is not None}
    for line in lines:
        if not line.is_sold:
            found.append(LineNoLongerSold(line))
            continue
        if line.refused_options:
            found.append(LineChoiceImpossible(line))
        if line.unit_price != line.unit_price_seen:
            found.append(LinePriceChanged(line))
        if line.variant_id in left:
            if line.quantity > left[line.variant_id]:
                found.append(LineOutOfStock(line, left[line.variant_id]))
            left[line.variant_id] = max(left[line.variant_id] - line.quantity, 0)
    return found


def _left(units: int) -> str:
    return "Nothing is left" if units == 0 else f"Only {units} {'is' if units == 1 else 'are'} left"


def _state(row: Any) -> LineState:
    return LineState(
        line_id=row.id,
        cart_id=row.cart_id,
        variant_id=row.variant_id,
        product_id=row.product_id,
        tax_class_id=row.tax_class_id,
        sku=row.sku,
        product_name=row.product_name,
        variant_name=row.name,
        category_path=frozenset(row.path or ()),
        quantity=row.quantity,
        customization=row.customization,
        currency=row.currency,
        unit_price=unit_price(row.price, row.customization, row.surcharges),
        unit_price_seen=row.unit_price_seen,
        is_sold=row.is_sold,
        left=row.left,
        refused_options=_refused(row.variant_id, row.customization, row.definition),
        requires_shipping=row.requires_shipping,
        is_taxable=row.is_taxable,
        weight_grams=row.weight_grams,
    )


def _refused(
    variant_id: UUID, customization: Mapping[str, Any], definition: Mapping[str, Any] | None
) -> Sequence[InvalidField]:
    try:
        require_possible(variant_id, definition, customization)
    except NotCustomizableError as error:
        return (InvalidField((), str(error)),)
    except CustomizationInvalidError as error:
        return error.options
    return ()
