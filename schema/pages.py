"""Pages of text: who we are, terms, how to send things back."""

from datetime import datetime
from enum import Enum

import strawberry
from strawberry.scalars import JSON

import models
from auth.permissions import Permission
from domain import conditions, open_graph, searching, structured_data
from domain.canonical import canonical_url
from schema import declare
from schema.catalog import Product
from schema.comments import CommentSort, PageComment
from schema.content import Heading, Post
from schema.declare import column, expression, many, part, records, sort_enum, table
from schema.embeds import posts_in, products_in
from schema.enums import PublishingStatus
from schema.filters import condition, filter_input
from schema.orders import ascending, by_relevance, descending
from schema.relay import Connection, Node
from schema.revisions import Revision, revisions_of
from schema.values import CANONICAL, OPEN_GRAPH, SEO, Seo


@sort_enum("How pages of text are sorted.")
class PageSort(Enum):
    """Orders of lists of pages."""

    TITLE_ASC = ascending("page:title-asc", lambda page: page.title, "By title.")
    NEWEST = descending("page:newest", lambda page: page.created_at, "The newest first.")
    RELEVANCE = by_relevance("page:relevance", lambda page: page.title)


@filter_input("Conditions on pages of text, which must all hold.")
class PageFilter:
    """What pages are filtered by."""

    status: list[PublishingStatus] | None = condition(
        lambda page, statuses: conditions.one_of(page.status, statuses),
        "In one of these states; visitors see published ones only.",
    )
    text: str | None = condition(searching.answers, "The words answer this question.")


@table(models.Page, "A page of text that stands by itself, such as terms or a page about the shop.")
class Page(Node):
    """A page; visitors see published ones only."""

    slug: str = column("Its name in addresses; unique.")
    title: str = column("Its title.")
    body: str = column("Its text, as Markdown.")
    body_html: str = column("Its text as HTML that is safe to show, with coloured code (classes `hl-…`) and footnotes.")
    table_of_contents: list[Heading] = records(Heading, "table_of_contents", "The headings of its text, in order.")
    embedded_products: list[Product] = products_in(models.Page)
    embedded_posts: list[Post] = posts_in(models.Page)
    reading_minutes: int = column("How many minutes it takes to read, at 220 words a minute.")
    status: PublishingStatus = column("Where it stands on its way to its readers.")
    published_at: datetime | None = column("When it was published; null before.")
    scheduled_at: datetime | None = column("When it is to be published.", requires=Permission.CONTENT_READ)
    internal_notes: str | None = column("What only staff should know.", requires=Permission.CONTENT_READ)
    seo: Seo = part(Seo, SEO, "What search engines show.")
    canonical_url: str | None = expression(canonical_url, CANONICAL)
    open_graph: JSON = expression(open_graph.page_of_text, OPEN_GRAPH)
    json_ld: JSON = expression(structured_data.page_of_text, "It as JSON-LD (WebPage).")
    version: int | None = column(
        "Of its newest revision: what `expectedVersion` is compared with.", requires=Permission.CONTENT_READ
    )
    has_draft: bool | None = expression(
        lambda page: page.live_version < page.version,
        "Whether its newest revision waits beside what readers see.",
        requires=Permission.CONTENT_READ,
    )
    draft_status: PublishingStatus | None = column(
        "Where the draft stands that waits beside what readers see.", requires=Permission.CONTENT_READ
    )
    unpublish_at: datetime | None = column("When readers are to see it no more.", requires=Permission.CONTENT_READ)
    schedule_time_zone: str | None = column(
        "The time zone that the editor thinks in who scheduled it.", requires=Permission.CONTENT_READ
    )
    schedule_error: str | None = column(
        "Why it did not come out when it should have.", requires=Permission.CONTENT_READ
    )
    comments: Connection[PageComment] | None = many(
        models.Page.comments,
        "What reviewers and authors say of it.",
        order=CommentSort.OLDEST,
        requires=Permission.CONTENT_READ,
    )
    revisions: Connection[Revision] | None = revisions_of(models.Page, Permission.CONTENT_READ)
    created_at: datetime = column("When it was created.")
    updated_at: datetime = column("When it was last changed.")


@strawberry.type
class PageQueries:
    """Fields of the root of queries."""

    page: Page | None = declare.lookup(models.Page, "Page", "A page of text, by its id or its slug.", by=("id", "slug"))
    pages: Connection[Page] = declare.page(
        models.Page,
        "The pages of text.",
        order=PageSort.TITLE_ASC,
        sort=PageSort,
        filter=PageFilter,
        relevance=PageSort.RELEVANCE,
    )
