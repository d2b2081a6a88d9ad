"""Blog posts, their authors and categories."""

from uuid import UUID

from sqlalchemy import Column, Computed, ForeignKey, Index, Table, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.analytics import ContentAnalytics, Popular, counts_rule
from models.base import (
    Base,
    LongText,
    SearchEngineOptimised,
    ShortText,
    Slug,
    TextList,
    Timestamp,
    Url,
    Versioned,
    positive_version,
    well_formed_slug,
)
from models.catalog import Tag
from models.comments import Comment, comment_rules
from models.publishing import Publishable, publishing_rules
from models.search import search_vector
from models.texts import WORDS, Written


class Author(Versioned):
    """The byline of a post. It outlives the account that wrote under it."""

    __tablename__ = "authors"
    __table_args__ = (well_formed_slug(), positive_version(), Index(None, "name", "id"))

    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), unique=True)
    slug: Mapped[Slug] = mapped_column(unique=True)
    name: Mapped[ShortText]
    job_title: Mapped[ShortText | None]
    bio: Mapped[LongText] = mapped_column(server_default="")
    avatar_url: Mapped[Url | None]
    email: Mapped[ShortText | None]

    posts: Mapped[list["Post"]] = relationship(back_populates="author", lazy="raise")


class PostCategory(Versioned):
    """A section of the blog."""

    __tablename__ = "post_categories"
    __table_args__ = (well_formed_slug(), positive_version(), Index(None, "position", "id"))

    slug: Mapped[Slug] = mapped_column(unique=True)
    name: Mapped[ShortText]
    description: Mapped[LongText] = mapped_column(server_default="")
    position: Mapped[int] = mapped_column(server_default=text("0"))

    posts: Mapped[list["Post"]] = relationship(back_populates="category", lazy="raise")


post_tags = Table(
    "post_tags",
    Base.metadata,
    Column("post_id", ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Post(Written, Popular, SearchEngineOptimised, Publishable):
    """A blog post."""

    __tablename__ = "posts"
    __table_args__ = (
        well_formed_slug(),
        positive_version(),
        *publishing_rules(),
        counts_rule(),
        Index(None, "status"),
        Index(None, "rendering"),
        Index(None, "published_at"),
        Index(None, "scheduled_at", postgresql_where=text("scheduled_at IS NOT NULL")),
        Index(None, "unpublish_at", postgresql_where=text("unpublish_at IS NOT NULL")),
        Index(None, "submitted_by_id"),
        Index(None, "created_at", "id"),
        Index(None, "title", "id"),
        Index(None, "dated_at", "id"),
        Index(None, "view_count", "id"),
        Index(None, "author_id", "dated_at", "id"),
        Index(None, "category_id", "dated_at", "id"),
        Index(None, "search", postgresql_using="gin"),
    )

    author_id: Mapped[UUID] = mapped_column(ForeignKey("authors.id", ondelete="RESTRICT"))
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("post_categories.id", ondelete="SET NULL"))
    slug: Mapped[Slug] = mapped_column(unique=True)
    title: Mapped[ShortText]
    excerpt: Mapped[LongText] = mapped_column(server_default="")
    featured_image_url: Mapped[Url | None]
    featured_image_alt: Mapped[LongText] = mapped_column(server_default="")
    dated_at: Mapped[Timestamp] = mapped_column(Computed("coalesce(published_at, created_at)", persisted=True))
    """What posts are sorted by: drafts have only the time of their creation."""
    seo_keywords: Mapped[TextList]
    internal_notes: Mapped[LongText | None]
    search: Mapped[str] = search_vector(["title"], ["excerpt", WORDS])
    comments: Mapped[list["PostComment"]] = relationship(back_populates="post", lazy="raise")
    analytics: Mapped[list[ContentAnalytics]] = relationship(back_populates="post", lazy="raise")

    author: Mapped[Author] = relationship(back_populates="posts", lazy="raise")
    category: Mapped[PostCategory | None] = relationship(back_populates="posts", lazy="raise")
    tags: Mapped[list[Tag]] = relationship(secondary=post_tags, lazy="raise")


class PostComment(Comment):
    """What a reviewer or an author says of a version of a post, or of a field of it."""

    __tablename__ = "post_comments"
    __table_args__ = (
        *comment_rules(),
        Index(None, "post_id", "created_at", "id"),
        Index(None, "commenter_id"),
    )

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))

    post: Mapped[Post] = relationship(back_populates="comments", lazy="raise")
    commenter: Mapped[User | None] = relationship(viewonly=True, lazy="raise")
