"""Puts the products of a Shopify export into the catalogue, a batch at a time, and counts what becomes of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from domain.product_writing import put_products
from domain.products import Fate, Merge, Outcome
from integrations.shopify_cells import Refusal
from integrations.shopify_products import RefusedProduct, ShopifyProduct

Item: TypeAlias = ShopifyProduct | RefusedProduct

MOST_REFUSALS: Final = 10_000


@dataclass(slots=True)
class Summary:
    """What became of the products of a file."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    """Why products were refused, in the order of the file. The first MOST_REFUSALS are kept, the rest is counted."""

    def count(self, fate: Fate, refusals: Sequence[Refusal] = ()) -> None:
        """Add one product."""
        name = fate.value.lower()
        setattr(self, name, getattr(self, name) + 1)
        self.refusals += refusals[: MOST_REFUSALS - len(self.refusals)]

    def add(self, other: "Summary") -> None:
        """Add the products of another summary."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.refused += other.refused
        self.refusals += other.refusals[: MOST_REFUSALS - len(self.refusals)]


async def put_batch(session: AsyncSession, batch: Sequence[Item], merge: Merge) -> Summary:
    """Write some products of an export, those that can be taken. The caller commits."""
    products = [item.data for item in batch if isinstance(item, ShopifyProduct)]
    outcomes = iter(await put_products(session, products, merge=merge))
    summary = Summary()
    for item in batch:
        if isinstance(item, RefusedProduct):
            summary.count(Fate.REFUSED, item.refusals)
        else:
            outcome = next(outcomes)
            summary.count(outcome.fate, _refusals(item, outcome))
    return summary


def _refusals(product: ShopifyProduct, outcome: Outcome) -> list[Refusal]:
    return [Refusal(product.line_of(each.path), outcome.slug, each.message) for each in outcome.problems]
