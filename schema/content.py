"""Blog posts, their authors and categories."""

from datetime import datetime
from enum import Enum

import strawberry
from strawberry.scalars import JSON

import models
from auth.permissions import Permission
from domain import conditions, content, open_graph, searching, structured_data
from domain.canonical import canonical_url
from schema.analytics import AnalyticsFilter, AnalyticsSort, ContentAnalytics
from schema.catalog import Product, Tag
from schema.comments import CommentSort, PostComment
from schema.declare import column, expression, many, one, part, records, sort_enum, table
from schema.embeds import posts_in, products_in
from schema.enums import PublishingStatus
from schema.filters import condition, filter_input, in_span
from schema.orders import BY_NAME, ascending, by_relevance, descending
from schema.relay import Connection, Node
from schema.revisions import Revision, revisions_of
from schema.values import CANONICAL, KEYWORD_SEO, OPEN_GRAPH, DateTimeRange, KeywordSeo


@sort_enum("How posts are sorted.")
class PostSort(Enum):
    """Orders of post lists. A post that was never published counts from its creation."""

    NEWEST = descending("post:newest", lambda post: post.dated_at, "The last published first.")
    OLDEST = ascending("post:oldest", lambda post: post.dated_at, "The first published first.")
    TITLE_ASC = ascending("post:title-asc", lambda post: post.title, "By title.")
    MOST_READ = descending("post:most-read", lambda post: post.view_count, "The most read first.")
    RELEVANCE = by_relevance("post:relevance", lambda post: post.title)


@filter_input("Conditions on posts, which must all hold.")
class PostFilter:
    """What posts are filtered by."""

    categories: list[str] | None = condition(content.in_post_category, "In one of the categories with these slugs.")
    authors: list[str] | None = condition(content.by_author, "By one of the authors with these slugs.")
    tags: list[str] | None = condition(content.has_any_tag, "With one of the tags of these slugs.")
    status: list[PublishingStatus] | None = condition(
        lambda post, statuses: conditions.one_of(post.status, statuses),
        "In one of these states; visitors see published ones only.",
    )
    published_at: DateTimeRange | None = condition(
        in_span(lambda post: post.published_at), "Published in this span of time."
    )
    text: str | None = condition(searching.answers, "The words answer this question.")


@strawberry.type(description="A heading of a text.")
class Heading:
    """A place that can be linked."""

    text: str = strawberry.field(description="What it says.")
    level: int = strawberry.field(description="From 1, the highest, to 4.")
    anchor: str = strawberry.field(description="The id of the heading in the HTML: what stands after `#` in a link.")


@table(models.Author, "The byline of posts.")
class Author(Node):
    """Whoever writes posts."""

    slug: str = column("Its name in addresses; unique.")
    name: str = column("The author's name.")
    job_title: str | None = column("What the author does.")
    bio: str = column("Who the author is.")
    avatar_url: str | None = column("A picture of the author.")
    email: str | None = column("The author's e-mail address.", requires=Permission.ACCOUNTS_READ)
    version: int = column("Of its newest revision: what `expectedVersion` is compared with.")
    posts: Connection["Post"] = many(
        models.Author.posts, "What the author wrote.", order=PostSort.NEWEST, sort=PostSort, filter=PostFilter
    )


@table(models.PostCategory, "A section of the blog.")
class PostCategory(Node):
    """A section."""

    slug: str = column("Its name in addresses; unique.")
    name: str = column("Its name.")
    description: str = column("What is found in it.")
    position: int = column("Its place among the sections.")
    version: int = column("Of its newest revision: what `expectedVersion` is compared with.")
    posts: Connection["Post"] = many(
        models.PostCategory.posts, "The posts in it.", order=PostSort.NEWEST, sort=PostSort, filter=PostFilter
    )


@table(models.Post, "A blog post.")
class Post(Node):
    """A post; visitors see published ones only."""

    slug: str = column("Its name in addresses; unique.")
    title: str = column("Its title.")
    excerpt: str = column("What it says, in a sentence or two.")
    body: str = column("Its text, as Markdown.")
    body_html: str = column("Its text as HTML that is safe to show, with coloured code (classes `hl-…`) and footnotes.")
    table_of_contents: list[Heading] = records(Heading, "table_of_contents", "The headings of its text, in order.")
    embedded_products: list[Product] = products_in(models.Post)
    embedded_posts: list["Post"] = posts_in(models.Post)
    featured_image_url: str | None = column("Where its picture is.")
    featured_image_alt: str = column("What its picture shows, for those who do not see it.")
    status: PublishingStatus = column("Where it stands on its way to its readers.")
    published_at: datetime | None = column("When it was published; null before.")
    scheduled_at: datetime | None = column("When it is to be published.", requires=Permission.CONTENT_READ)
    reading_minutes: int = column("How many minutes it takes to read, at 220 words a minute.")
    view_count: int = column("How often it was read, but for the last minutes.")
    share_count: int = column("How often it was shared, but for the last minutes.")
    internal_notes: str | None = column("What only staff should know.", requires=Permission.CONTENT_READ)
    seo: KeywordSeo = part(KeywordSeo, KEYWORD_SEO, "What search engines show.")
    canonical_url: str | None = expression(canonical_url, CANONICAL)
    open_graph: JSON = expression(open_graph.article, OPEN_GRAPH)
    json_ld: JSON = expression(structured_data.article, "It as JSON-LD (Article).")
    version: int | None = column(
        "Of its newest revision: what `expectedVersion` is compared with.", requires=Permission.CONTENT_READ
    )
    has_draft: bool | None = expression(
        lambda post: post.live_version < post.version,
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
    comments: Connection[PostComment] | None = many(
        models.Post.comments,
        "What reviewers and authors say of it.",
        order=CommentSort.OLDEST,
        requires=Permission.CONTENT_READ,
    )
    revisions: Connection[Revision] | None = revisions_of(models.Post, Permission.CONTENT_READ)
    analytics: Connection[ContentAnalytics] | None = many(
        models.Post.analytics,
        "How often it was read and shared in each period.",
        order=AnalyticsSort.NEWEST,
        filter=AnalyticsFilter,
        requires=Permission.ANALYTICS_READ,
    )
    created_at: datetime = column("When it was created.")
    updated_at: datetime = column("When it was last changed.")
    author: Author = one(models.Post.author, "Who wrote it.", owned=True)
    category: PostCategory | None = one(models.Post.category, "The section it is in.")
    tags: list[Tag] = many(models.Post.tags, "Its labels by name.", order=BY_NAME, paged=False)
