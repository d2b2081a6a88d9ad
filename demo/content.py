"""The demo shop's texts as rows: authors, sections, posts and pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from demo.calendar import Calendar
from demo.files import Table, image_url
from domain.rendering import render_row
from models import Author, Page, Post, PostCategory, Tag

WRITTEN_BEFORE = timedelta(days=4)
"""How long an author works on a post before it goes out."""
UNPUBLISHED_DAYS = 2
"""The age of a post that has not gone out yet."""


@dataclass(frozen=True, slots=True)
class References:
    """What posts point at, by the slugs that the files use."""

    authors: Mapping[str, Author]
    categories: Mapping[str, PostCategory]
    tags: Mapping[str, Tag]


def build_author(table: Table) -> Author:
    """An author, who has no account."""
    return Author(avatar_url=image_url(table.pop("avatar")), **table)


def build_post(table: Table, references: References, calendar: Calendar) -> Post:
    """A post with its tags."""
    post = Post(
        author=references.authors[table.pop("author")],
        category=references.categories[table.pop("category")],
        tags=[references.tags[slug] for slug in table.pop("tags")],
        featured_image_url=image_url(table.pop("featured_image")),
        **_date(table, calendar),
        **table,
    )
    render_row(post)
    return post


def build_page(table: Table, calendar: Calendar) -> Page:
    """A page of text."""
    page = Page(**_date(table, calendar), **table)
    render_row(page)
    return page


def _date(table: Table, calendar: Calendar) -> Table:
    """The times of a text, in place of the days in its file."""
    slug: str = table["slug"]
    if "published_days_ago" in table:
        published_at = calendar.ago(table.pop("published_days_ago"), slug)
        return {"created_at": published_at - WRITTEN_BEFORE, "published_at": published_at, "updated_at": published_at}
    created_at = calendar.ago(UNPUBLISHED_DAYS, slug)
    times = {"created_at": created_at, "updated_at": created_at}
    if "scheduled_in_days" in table:
        times["scheduled_at"] = calendar.ahead(table.pop("scheduled_in_days"))
    return times
