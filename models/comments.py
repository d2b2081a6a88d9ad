"""What reviewers and authors say of items on their way to the readers."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, LongText, ShortText, Timestamp, Timestamped


class Comment(Timestamped, Base):
    """What somebody says of a version of an item, or of a field of it."""

    __abstract__ = True

    version: Mapped[int]
    """The version that it was said of."""
    field: Mapped[ShortText | None]
    """What it is about, as the input of the item calls it; None for the whole."""
    body: Mapped[LongText]
    commenter_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    resolved_at: Mapped[Timestamp | None]


def comment_rules() -> tuple[CheckConstraint, ...]:
    """What holds of every comment."""
    return (
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("body <> ''", name="body"),
    )
