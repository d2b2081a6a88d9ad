"""Tokens that are good for one thing, once: the links in mails, and the step between password and second factor."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, func
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamp


class TokenPurpose(StrEnum):
    """What a token is good for."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - a name, no secret
    CHANGE_EMAIL = "CHANGE_EMAIL"
    INVITATION = "INVITATION"
    SECOND_FACTOR = "SECOND_FACTOR"
    CHANGE_PASSWORD = "CHANGE_PASSWORD"  # noqa: S105 - the same
    """The password was right, and opens nothing before it is changed."""


class OneTimeToken(Base):
    """A token of which only the hash is known. It is bound to the user and to the e-mail address of its issue."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint("expires_at > created_at", name="expires_at"),
        Index(None, "user_id", "purpose"),
        Index(None, "expires_at"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[TokenPurpose]
    email: Mapped[str] = mapped_column(String(255))
    """The address it was sent to; of CHANGE_EMAIL that is the new one."""
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    expires_at: Mapped[Timestamp]
    used_at: Mapped[Timestamp | None]
