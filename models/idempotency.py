"""Requests that are done once, however often they are sent."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamp

LONGEST_KEY = 255
OPERATION_LENGTH = 63


class IdempotencyKey(Base):
    """A change that was made under a key of the client's own. It is committed with the change, and never without it."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        UniqueConstraint("actor_id", "key"),
        CheckConstraint("key <> ''", name="key"),
        CheckConstraint("octet_length(request_hash) = 32", name="request_hash"),
        Index(None, "created_at"),
    )

    actor_id: Mapped[UUID]
    """The account, the guest or the API token that sent it: keys of others are other keys."""
    key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    operation: Mapped[str] = mapped_column(String(OPERATION_LENGTH))
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """The SHA-256 of the operation and its input."""
    outcome_id: Mapped[UUID | None]
    """The row that was made, if whoever asks again is to be told of it. No foreign key: it may be of any table."""
    created_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
