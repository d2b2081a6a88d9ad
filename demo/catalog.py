"""The demo catalogue: categories as rows, products as the catalogue takes them, and their reviews as rows."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from uuid_utils.compat import uuid7

from demo.calendar import Calendar
from demo.files import Table, image_url
from domain.products import ImageData, ProductData, VariantData
from models import Badge, Category, Review, User

PRICES = ("price", "compare_at_price", "cost_price")


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product, and reviews that do not know it yet."""

    data: ProductData
    reviews: list[Review]


def build_categories(tables: Iterable[Table]) -> list[Category]:
    """The category tree. In the file a parent stands before its children."""
    categories: dict[str, Category] = {}
    for table in tables:
        parent = table.pop("parent", None)
        categories[table["slug"]] = Category(id=uuid7(), parent=categories[parent] if parent else None, **table)
    return list(categories.values())


def build_product(table: Table, customers: Mapping[str, User], calendar: Calendar) -> DemoProduct:
    """A product with its variants, images and reviews."""
    reviews = [_build_review(review, customers, calendar) for review in table.pop("review", [])]
    data = ProductData(
        variants=tuple(_build_variant(variant) for variant in table.pop("variant")),
        images=tuple(_build_images(table.pop("images"))),
        options=tuple(table.pop("options")),
        tags=tuple(table.pop("tags")),
        features=tuple(table.pop("features")),
        specifications=tuple((name, value) for name, value in table.pop("specifications")),
        badge=Badge(table.pop("badge")) if "badge" in table else None,
        attributes=table.pop("metadata"),
        created_at=calendar.ago(table.pop("created_days_ago"), table["slug"]),
        **table,
    )
    return DemoProduct(data, reviews)


def _build_variant(table: Table) -> VariantData:
    prices: Table = {name: Decimal(table.pop(name)) for name in PRICES if name in table}
    return VariantData(
        option_values=tuple(table.pop("values")),
        quantity=table.pop("stock"),
        minimum_level=table.pop("minimum_stock"),
        **prices,
        **table,
    )


def _build_images(tables: Iterable[Table]) -> Iterator[ImageData]:
    """A product's pictures must differ in their addresses, and one drawing may stand for several views."""
    views: Counter[str] = Counter()
    for table in tables:
        url = image_url(table["file"])
        views[url] += 1
        yield ImageData(url if views[url] == 1 else f"{url}?view={views[url]}", table["alt"])


def _build_review(table: Table, customers: Mapping[str, User], calendar: Calendar) -> Review:
    customer: str = table.pop("customer")
    created_at = calendar.ago(table.pop("days_ago"), f"{customer} {table['title']}")
    return Review(
        user=customers[customer],
        is_verified_purchase=table.pop("verified_purchase"),
        created_at=created_at,
        updated_at=created_at,
        **table,
    )
