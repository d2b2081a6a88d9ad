"""How products and categories are filtered and sorted."""

from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement

import models
from auth.visibility import visible
from domain import catalog, conditions, searching, stock
from schema.declare import sort_enum
from schema.enums import Badge
from schema.filters import condition, filter_input, in_range, in_span, keys_of, viewed_condition
from schema.orders import ascending, by_relevance, descending
from schema.values import DateTimeRange, DecimalRange


@sort_enum("How products are sorted; products with equal keys stand in the order of their creation, or against it.")
class ProductSort(Enum):
    """Orders of product lists."""

    NEWEST = descending("product:newest", lambda product: product.created_at, "The newest first.")
    OLDEST = ascending("product:oldest", lambda product: product.created_at, "The oldest first.")
    RECENTLY_CHANGED = descending("product:changed", lambda product: product.updated_at, "The last changed first.")
    NAME_ASC = ascending("product:name-asc", lambda product: product.name, "By name.")
    NAME_DESC = descending("product:name-desc", lambda product: product.name, "By name, backwards.")
    PRICE_ASC = ascending("product:price-asc", lambda product: product.price, "The cheapest first.")
    PRICE_DESC = descending("product:price-desc", lambda product: product.price, "The dearest first.")
    RATING_ASC = ascending("product:rating-asc", lambda product: product.rating, "The worst rated first.")
    RATING_DESC = descending("product:rating-desc", lambda product: product.rating, "The best rated first.")
    RELEVANCE = by_relevance("product:relevance", lambda product: product.name)


@strawberry.input(description="A product option and the values wanted of it.")
class OptionFilter:
    """Met by a product of which a variant has one of the values."""

    name: str = strawberry.field(description="The option's name, such as `Size`.")
    values: list[str] = strawberry.field(description="The values wanted, such as `Large`.")


def _in_stock(product: Any, wanted: bool) -> ColumnElement[bool]:
    return stock.product_in_stock(product) if wanted else ~stock.product_in_stock(product)


def _has_options(product: Any, options: list[OptionFilter]) -> ColumnElement[bool]:
    return catalog.has_options(product, [(option.name, option.values) for option in options])


@filter_input("Conditions on products, which must all hold.")
class ProductFilter:
    """What products are filtered by."""

    ids: list[strawberry.ID] | None = condition(
        lambda product, ids: conditions.among(product.id, keys_of("Product", ids)), "One of these products."
    )
    categories: list[str] | None = viewed_condition(
        lambda product, slugs, viewer: catalog.in_category_tree(
            product, slugs, visible(models.Category, models.Category, viewer)
        ),
        "In one of the categories with these slugs, or below one of them.",
    )
    tags: list[str] | None = condition(catalog.has_any_tag, "With one of the tags of these slugs.")
    vendors: list[str] | None = condition(
        lambda product, vendors: conditions.among(product.vendor, vendors), "From one of these vendors."
    )
    price: DecimalRange | None = condition(in_range(lambda product: product.price), "The price lies in this range.")
    rating: DecimalRange | None = condition(in_range(lambda product: product.rating), "The rating lies in this range.")
    in_stock: bool | None = condition(_in_stock, "Whether a variant can be bought now.")
    badges: list[Badge] | None = condition(
        lambda product, badges: conditions.one_of(product.badge, badges), "With one of these badges."
    )
    options: list[OptionFilter] | None = condition(_has_options, "With a variant for each of these options.")
    is_customizable: bool | None = condition(
        lambda product, wanted: product.is_customizable.is_(wanted), "Whether it is made to order."
    )
    created_at: DateTimeRange | None = condition(
        in_span(lambda product: product.created_at), "Created in this span of time."
    )
    text: str | None = condition(searching.answers, "The words answer this question.")


@sort_enum("How categories are sorted.")
class CategorySort(Enum):
    """Orders of category lists."""

    POSITION = ascending("category:position", lambda category: category.position, "As the shop arranged them.")
    NAME_ASC = ascending("category:name-asc", lambda category: category.name, "By name.")
    NAME_DESC = descending("category:name-desc", lambda category: category.name, "By name, backwards.")


def _is_root(category: Any, wanted: bool) -> ColumnElement[bool]:
    return category.parent_id.is_(None) if wanted else category.parent_id.is_not(None)  # type: ignore[no-any-return]


@filter_input("Conditions on categories, which must all hold.")
class CategoryFilter:
    """What categories are filtered by."""

    slugs: list[str] | None = condition(
        lambda category, slugs: conditions.among(category.slug, slugs), "One of these slugs."
    )
    is_root: bool | None = condition(_is_root, "Whether it stands at the top of the tree.")
