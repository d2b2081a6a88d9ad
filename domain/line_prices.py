"""What the lines of carts cost at the moment: SQL finds what the price is made of, Python what the options add."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ColumnElement, Text, cast, func, select
from sqlalchemy.orm import aliased

from domain.customization import Customization, unit_price
from models import ProductOptionSchema, ProductVariant


@dataclass(frozen=True, slots=True)
class LinePrices:
    """What SQL finds, as JSON has it."""

    quantity: int
    price: str
    """Of the variant."""
    seen: str
    """What a unit cost when the buyer last agreed to it."""
    currency: str
    customization: Customization
    surcharges: Sequence[Mapping[str, str]] | None

    @property
    def unit(self) -> Decimal:
        """What a unit costs, with what its options add."""
        return unit_price(Decimal(self.price), self.customization, self.surcharges)


def line_prices(line: Any) -> ColumnElement[Any]:
    """The fields of LinePrices, for a row of the lines of carts."""
    variant, options = aliased(ProductVariant), aliased(ProductOptionSchema)
    found = func.json_build_array(
        line.quantity,
        cast(variant.price, Text),
        cast(line.unit_price_seen, Text),
        variant.currency,
        line.customization,
        options.surcharges,
        type_=JSON(),
    )
    wanted = select(found).outerjoin_from(variant, options, options.product_id == variant.product_id)
    return wanted.where(variant.id == line.variant_id).correlate_except(variant, options).scalar_subquery()
