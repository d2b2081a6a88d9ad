"""The demo catalogue as rows: categories, products with their variants and images, reviews."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from uuid_utils.compat import uuid7

from demo.calendar import Calendar
from demo.files import Table, image_url
from models import Category, Product, ProductImage, ProductVariant, Review, StockLevel, Tag, User


@dataclass(frozen=True, slots=True)
class References:
    """What products point at, by the slugs and keys that the files use."""

    categories: Mapping[str, Category]
    customers: Mapping[str, User]
    tags: Mapping[str, Tag]


def build_categories(tables: Iterable[Table]) -> dict[str, Category]:
    """The categories by slug. In the file a parent stands before its children."""
    categories: dict[str, Category] = {}
    for table in tables:
        parent = table.pop("parent", None)
        categories[table["slug"]] = Category(id=uuid7(), parent=categories[parent] if parent else None, **table)
    return categories


def build_product(table: Table, references: References, calendar: Calendar) -> Product:
    """A product with its variants, images, tags and reviews. The first variant in the file is the default one."""
    options: list[str] = table.pop("options")
    variant_tables: list[Table] = table.pop("variant")
    created_at = calendar.ago(table.pop("created_days_ago"), table["slug"])
    product = Product(
        id=uuid7(),
        category=references.categories[table.pop("category")],
        tags=[references.tags[slug] for slug in table.pop("tags")],
        images=[_build_image(*image) for image in enumerate(table.pop("images"), start=1)],
        reviews=[_build_review(review, references.customers, calendar) for review in table.pop("review", [])],
        specifications=[{"name": name, "value": value} for name, value in table.pop("specifications")],
        options=_collect_options(options, variant_tables),
        attributes=table.pop("metadata"),
        created_at=created_at,
        updated_at=created_at,
        **_describe(table.pop("description")),
        **table,
    )
    product.variants = [_build_variant(product, options, *variant) for variant in enumerate(variant_tables, start=1)]
    _show_default(product, product.variants[0])
    return product


def _build_variant(product: Product, options: list[str], position: int, table: Table) -> ProductVariant:
    values: list[str] = table.pop("values")
    prices = {name: Decimal(table.pop(name)) for name in ("price", "compare_at_price", "cost_price") if name in table}
    return ProductVariant(
        id=uuid7(),
        name=" / ".join(values) or product.name,
        option_values=[{"name": name, "value": value} for name, value in zip(options, values, strict=True)],
        position=position,
        stock_level=StockLevel(quantity=table.pop("stock"), minimum_level=table.pop("minimum_stock")),
        created_at=product.created_at,
        updated_at=product.created_at,
        **prices,
        **table,
    )


def _show_default(product: Product, variant: ProductVariant) -> None:
    product.default_variant_id = variant.id
    product.price = variant.price
    product.compare_at_price = variant.compare_at_price


def _collect_options(names: list[str], variants: list[Table]) -> list[dict[str, object]]:
    """Each option with the values its variants have, in the order in which they first appear."""
    columns = zip(*(variant["values"] for variant in variants), strict=True)
    return [{"name": name, "values": list(dict.fromkeys(values))} for name, values in zip(names, columns, strict=True)]


def _describe(text: str) -> dict[str, str]:
    """Both forms of a text whose paragraphs are divided by empty lines."""
    paragraphs = text.strip().split("\n\n")
    return {
        "description": "\n\n".join(paragraphs),
        "description_html": "".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in paragraphs),
    }


def _build_image(position: int, table: Table) -> ProductImage:
    return ProductImage(url=image_url(table.pop("file")), alt_text=table.pop("alt"), position=position, **table)


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
