"""What a look over everything that is out has found: what search engines and readers would stumble over."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, ShortText, Timestamp

TYPE_NAME_LENGTH = 63
LONGEST_DETAIL = 500
"""An index entry holds at most 2,704 bytes."""


class FindingKind(StrEnum):
    """What is wrong."""

    DUPLICATE_TITLE = "DUPLICATE_TITLE"
    DUPLICATE_DESCRIPTION = "DUPLICATE_DESCRIPTION"
    BROKEN_LINK = "BROKEN_LINK"
    BROKEN_EMBED = "BROKEN_EMBED"


class ContentFinding(Base):
    """Something that is wrong with an item. A job writes it, and takes it away when it is not so any more."""

    __tablename__ = "content_findings"
    __table_args__ = (
        UniqueConstraint("kind", "item_id", "detail"),
        CheckConstraint("detail <> ''", name="detail"),
        Index(None, "detail", "id"),
    )

    kind: Mapped[FindingKind]
    type_name: Mapped[str] = mapped_column(String(TYPE_NAME_LENGTH))
    """Of the item, as the API calls it."""
    item_id: Mapped[UUID]
    """No foreign key: it may be of any table, and the next look over everything knows whether it is still there."""
    title: Mapped[ShortText]
    """What the item is called."""
    detail: Mapped[str] = mapped_column(String(LONGEST_DETAIL))
    """The words that several have in common, or what leads nowhere; as much of it as there is room for."""
    found_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    seen_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    """When it was last found."""
