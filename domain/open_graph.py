"""What link previews show of a page, as SQL: the properties of the Open Graph protocol and their contents."""

from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func
from sqlalchemy.dialects.postgresql import JSONB

from domain.canonical import canonical_url, shop_name
from domain.rendering import words_of
from domain.structured_data import first_image, moment, whole

LONGEST_DESCRIPTION = 200
"""Of what stands in for a description that nobody wrote."""


def product(row: Any) -> ColumnElement[Any]:
    """Of a product, with its price."""
    price = {"product:price:amount": cast(row.price, Text), "product:price:currency": row.currency}
    return _properties(row, "product", row.name, row.description, {"og:image": first_image(row), **price})


def category(row: Any) -> ColumnElement[Any]:
    """Of a category."""
    return _properties(row, "website", row.name, row.description, {})


def service(row: Any) -> ColumnElement[Any]:
    """Of a service."""
    return _properties(row, "website", row.title, row.short_description, {"og:image": whole(row.image_url)})


def article(row: Any) -> ColumnElement[Any]:
    """Of a blog post, with its times."""
    times = {
        "article:published_time": moment(row.published_at),
        "article:modified_time": moment(row.updated_at),
    }
    return _properties(row, "article", row.title, row.excerpt, {"og:image": whole(row.featured_image_url), **times})


def page_of_text(row: Any) -> ColumnElement[Any]:
    """Of a page of text."""
    return _properties(row, "website", row.title, func.regexp_replace(words_of(row), r"\s+", " ", "g"), {})


def _properties(row: Any, kind: str, title: Any, text: Any, further: dict[str, Any]) -> ColumnElement[Any]:
    properties = {
        "og:type": kind,
        "og:title": func.coalesce(func.nullif(row.seo_title, ""), title),
        "og:description": func.coalesce(
            func.nullif(row.seo_description, ""), func.nullif(func.left(text, LONGEST_DESCRIPTION), "")
        ),
        "og:url": canonical_url(row),
        "og:site_name": shop_name(),
        **further,
    }
    pairs = [each for pair in properties.items() for each in pair]
    return func.jsonb_strip_nulls(func.jsonb_build_object(*pairs, type_=JSONB), type_=JSONB)
