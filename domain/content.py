"""Content rules as SQL expressions: what posts are filtered by."""

from typing import Any

from sqlalchemy import ColumnElement, select

from domain.conditions import among
from models import Author, PostCategory, Tag, post_tags


def in_post_category(post: Any, slugs: Any) -> ColumnElement[bool]:
    """The post is in one of the named sections; in those that lie in the trash is none."""
    sections = select(PostCategory.id).where(among(PostCategory.slug, slugs), PostCategory.deleted_at.is_(None))
    return post.category_id.in_(sections)  # type: ignore[no-any-return]


def by_author(post: Any, slugs: Any) -> ColumnElement[bool]:
    """The post is by one of the named authors."""
    return post.author_id.in_(select(Author.id).where(among(Author.slug, slugs)))  # type: ignore[no-any-return]


def has_any_tag(post: Any, slugs: Any) -> ColumnElement[bool]:
    """The post carries at least one of the tags."""
    tagged = (
        select(post_tags.c.post_id)
        .join(Tag, Tag.id == post_tags.c.tag_id)
        .where(post_tags.c.post_id == post.id, among(Tag.slug, slugs))
    )
    return tagged.exists()
