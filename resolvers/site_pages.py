"""What search engines and feed readers are told of: the pages that a viewer may see, by the rules of every list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, and_, collate, func, select
from sqlalchemy import cast as sql_cast

import models
from auth.visibility import visible
from models import Author, Post, PostCategory, Shop
from models.shop import SHOP_ID
from resolvers.context import Context
from resolvers.entities import entity_of
from resolvers.loading import load_row

PAGES_A_SITEMAP = 10_000
"""So many are some 2 MB, which is all that a process holds for a request."""
MOST_PAGES = 50_000
"""What the protocol permits; a part may have grown since it was listed."""
LATEST = 50


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a table: the visible rows from the first key to the last, both included."""

    first: UUID
    last: UUID
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the front end."""

    slug: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class FeedPost:
    """A post as feeds tell of it."""

    post: Post
    author: str
    category: str | None


async def the_shop(context: Context) -> Shop:
    """The only row of its table."""
    shop: Shop = await load_row(context, Shop, "id", SHOP_ID)
    return shop


async def sections(context: Context, model: type[models.Base]) -> Sequence[Section]:
    """The visible rows of a table in parts of PAGES_A_SITEMAP, in one pass over its keys."""
    entity = entity_of(model)
    place = (func.row_number().over(order_by=entity.id) - 1) // PAGES_A_SITEMAP
    rows = (
        select(sql_cast(entity.id, Text).label("key"), changed_at(entity).label("changed_at"), place.label("part"))
        .where(visible(model, entity, context.viewer))
        .subquery()
    )
    key = collate(rows.c.key, "C")
    statement = select(func.min(key), func.max(key), func.max(rows.c.changed_at))
    found = await context.reading.rows(statement.group_by(rows.c.part).order_by(func.min(key)))
    return [Section(UUID(first), UUID(last), moment) for first, last, moment in found]


async def pages(context: Context, model: type[models.Base], first: UUID, last: UUID) -> Sequence[Page]:
    """The visible rows between two keys, both included; the first MOST_PAGES of them."""
    entity = entity_of(model)
    statement = (
        select(entity.slug, changed_at(entity))
        .where(entity.id.between(first, last), visible(model, entity, context.viewer))
        .order_by(entity.id)
        .limit(MOST_PAGES)
    )
    return [Page(slug, moment) for slug, moment in await context.reading.rows(statement)]


async def latest_posts(context: Context) -> Sequence[FeedPost]:
    """The posts that came out last, the newest first."""
    post = entity_of(Post)
    in_section = and_(PostCategory.id == post.category_id, visible(PostCategory, PostCategory, context.viewer))
    statement = (
        select(post, Author.name, PostCategory.name)
        .join(Author, Author.id == post.author_id)
        .outerjoin(PostCategory, in_section)
        .where(visible(Post, post, context.viewer))
        .order_by(post.dated_at.desc(), post.id.desc())
        .limit(LATEST)
    )
    return [FeedPost(row, author, category) for row, author, category in await context.reading.rows(statement)]


def changed_at(entity: Any) -> Any:
    """When what readers see of a row was changed last; a post that was scheduled is new when it comes out."""
    published_at = getattr(entity, "published_at", None)
    return entity.updated_at if published_at is None else func.greatest(entity.updated_at, published_at)
