"""What may be chosen of the products of the demo shop that are made to order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from demo.files import Table
from domain.option_schemas import Surcharge


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """The options of some products, and what they add to the price."""

    products: Sequence[str]
    """Their slugs."""
    definition: Table
    surcharges: Sequence[Surcharge]


def build_options(tables: Iterable[Table]) -> list[DemoOptions]:
    """The options as they are set."""
    return [
        DemoOptions(
            table["products"],
            table["definition"],
            [Surcharge(option, value, Decimal(amount)) for option, value, amount in table["surcharges"]],
        )
        for table in tables
    ]
