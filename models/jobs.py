"""Jobs that were given up."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, LongText, Timestamp


class DeadLetter(Base):
    """A job that failed for the last time. Its id is the job's, which it keeps when it is replayed."""

    __tablename__ = "dead_letters"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("attempts > 0", name="attempts"),
        Index(None, "failed_at", "id"),
    )

    name: Mapped[str] = mapped_column(String(100))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    """As JSON rather than JSONB, which refuses the character NUL."""
    attempts: Mapped[int]
    error: Mapped[LongText]
    """What the last attempt died of: the type of the error and its message."""
    enqueued_at: Mapped[Timestamp]
    failed_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
