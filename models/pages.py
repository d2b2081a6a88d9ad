"""Pages of text: who we are, terms, how to send things back."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import LongText, SearchEngineOptimised, ShortText, Slug, positive_version, well_formed_slug
from models.comments import Comment, comment_rules
from models.publishing import Publishable, publishing_rules
from models.search import search_vector
from models.texts import WORDS, Written


class Page(Written, SearchEngineOptimised, Publishable):
    """A page of text that stands by itself."""

    __tablename__ = "pages"
    __table_args__ = (
        well_formed_slug(),
        positive_version(),
        *publishing_rules(),
        Index(None, "rendering"),
        Index(None, "scheduled_at", postgresql_where=text("scheduled_at IS NOT NULL")),
        Index(None, "unpublish_at", postgresql_where=text("unpublish_at IS NOT NULL")),
        Index(None, "submitted_by_id"),
        Index(None, "created_at", "id"),
        Index(None, "title", "id"),
        Index(None, "search", postgresql_using="gin"),
    )

    slug: Mapped[Slug] = mapped_column(unique=True)
    title: Mapped[ShortText]
    internal_notes: Mapped[LongText | None]
    search: Mapped[str] = search_vector(["title"], [WORDS])

    comments: Mapped[list["PageComment"]] = relationship(back_populates="page", lazy="raise")


class PageComment(Comment):
    """What a reviewer or an author says of a version of a page, or of a field of it."""

    __tablename__ = "page_comments"
    __table_args__ = (
        *comment_rules(),
        Index(None, "page_id", "created_at", "id"),
        Index(None, "commenter_id"),
    )

    page_id: Mapped[UUID] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))

    page: Mapped[Page] = relationship(back_populates="comments", lazy="raise")
    commenter: Mapped[User | None] = relationship(viewonly=True, lazy="raise")
