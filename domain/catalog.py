"""Catalogue rules as SQL expressions: the category tree and what products are filtered by."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, func, select, true
from sqlalchemy.orm import aliased

from domain.conditions import among, array_parameter
from models import Category, Product, ProductVariant, Tag, product_tags


def in_category_tree(product: Any, slugs: Any, seen: ColumnElement[bool]) -> ColumnElement[bool]:
    """The product is in one of the named categories that are `seen`, or below one of them."""
    roots = select(func.array_agg(Category.id)).where(among(Category.slug, slugs), seen).scalar_subquery()
    below = select(Category.id).where(Category.path.op("&&", is_comparison=True)(roots))
    return product.category_id.in_(below)  # type: ignore[no-any-return]


def has_any_tag(product: Any, slugs: Any) -> ColumnElement[bool]:
    """The product carries at least one of the tags."""
    tagged = (
        select(product_tags.c.product_id)
        .join(Tag, Tag.id == product_tags.c.tag_id)
        .where(product_tags.c.product_id == product.id, among(Tag.slug, slugs))
    )
    return tagged.exists()


def has_options(product: Any, options: Sequence[tuple[Any, Any]]) -> ColumnElement[bool]:
    """For each option and its values, a variant of the product has one of the values."""
    return and_(true(), *(_has_option(product, name, values) for name, values in options))


def _has_option(product: Any, name: Any, values: Any) -> ColumnElement[bool]:
    wanted = func.unnest(array_parameter(Product.name, values)).table_valued("value").render_derived(name="wanted")
    pair = func.jsonb_build_object("name", cast(name, Text), "value", wanted.c.value)
    has_one = ProductVariant.option_values.op("@>", is_comparison=True)(func.jsonb_build_array(pair))
    variant = select(ProductVariant.id).select_from(ProductVariant).join(wanted, has_one)
    return variant.where(ProductVariant.product_id == product.id).exists()


def ancestors_of(category: Any, below: ColumnElement[Any]) -> ColumnElement[bool]:
    """The category stands above the one with the id `below`."""
    lower = aliased(Category)
    path = select(func.unnest(lower.path)).where(lower.id == below).correlate_except(lower)
    return and_(category.id.in_(path), category.id != below)


def depth(category: Any) -> ColumnElement[int]:
    """How many categories stand above it."""
    return func.cardinality(category.path) - 1
