"""Revisions: what each version of an item said, with its relations (decision 0041)."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.audit import TABLE_NAME_LENGTH
from models.base import Base, JsonObject, Timestamp


class Revision(Base):
    """The whole of an item in one version. Nobody changes one; the newest may be ahead of what readers see."""

    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("table_name", "row_id", "version"),
        CheckConstraint("version > 0", name="version"),
        Index(None, "editor_id"),
        Index(None, "recorded_at", postgresql_where=text("published_at IS NULL")),
    )

    table_name: Mapped[str] = mapped_column(String(TABLE_NAME_LENGTH))
    row_id: Mapped[UUID]
    """No foreign key: rows of several tables have revisions."""
    version: Mapped[int]
    content: Mapped[JsonObject]
    """By field, in the words of domain/content_kinds.py."""
    editor_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    """None for what was there before anybody edited it, and for commands and jobs."""
    recorded_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    published_at: Mapped[Timestamp | None]
    """When readers first saw it; None for what they never saw, and of items that have no drafts."""
    rendered: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), deferred=True, deferred_raiseload=True
    )
    """Of a draft beside what readers see: what is made of its text, for previews (domain/rendering.py)."""

    editor: Mapped[User | None] = relationship(viewonly=True, lazy="raise")
