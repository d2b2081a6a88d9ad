"""The products and posts that stand in a text by reference. Each is there for whoever may see it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, cast, select
from sqlalchemy.orm import aliased

import models
from resolvers.loading import Link
from schema.declare import many
from schema.orders import ascending

BY_SLUG = ascending("embedded:slug", lambda row: row.slug)
PLACES = "The HTML has a place for each, whose `data-id` is its id; what the viewer may not see is left out."


def products_in(owner: type[models.Base]) -> Any:
    """The field of a text for its products."""
    return _embedded(owner, models.Product, "embedded_products", "products")


def posts_in(owner: type[models.Base]) -> Any:
    """The field of a text for its posts."""
    return _embedded(owner, models.Post, "embedded_posts", "posts")


def _embedded(owner: type[models.Base], model: type[models.Base], column: str, named: str) -> Any:
    link = Link(model, _named_in(owner, column))
    return many(link, f"The {named} that stand in its text. {PLACES}", order=BY_SLUG, paged=False, owned=False)


def _named_in(owner: type[models.Base], column: str) -> Callable[[Any, ColumnElement[UUID]], ColumnElement[bool]]:
    def joins(row: Any, parent: ColumnElement[UUID]) -> ColumnElement[bool]:
        text = aliased(owner)
        keys = select(getattr(text, column)).where(text.id == parent).correlate_except(text).scalar_subquery()
        return row.id == any_(cast(keys, ARRAY(Uuid)))  # type: ignore[no-any-return]

    return joins
