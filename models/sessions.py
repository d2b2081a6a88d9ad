"""Sessions: each begins with a sign-in and is kept alive by refresh tokens, one after the other."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Timestamp
from models.clients import FromClient, canonical_address


class SessionEnd(StrEnum):
    """Why a session ended before its time."""

    SIGNED_OUT = "SIGNED_OUT"
    REVOKED = "REVOKED"
    """By its user, from another session."""
    REFRESH_TOKEN_REUSED = "REFRESH_TOKEN_REUSED"  # noqa: S105 - a name, no secret
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - the same
    EMAIL_CHANGED = "EMAIL_CHANGED"
    ROLE_CHANGED = "ROLE_CHANGED"
    ENDED_BY_STAFF = "ENDED_BY_STAFF"
    DEACTIVATED = "DEACTIVATED"
    DELETED = "DELETED"


class UserSession(FromClient, Base):
    """One sign-in of one user. It ends for good at `expires_at`, however often it is refreshed."""

    __tablename__ = "user_sessions"
    __table_args__ = (
        canonical_address(),
        CheckConstraint("expires_at > created_at AND expires_at - created_at <= '720:00'", name="expires_at"),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="end"),
        Index(None, "user_id", "created_at"),
        Index(None, "expires_at"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    last_used_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    """When it was last refreshed; access tokens are not followed."""
    expires_at: Mapped[Timestamp]
    ended_at: Mapped[Timestamp | None]
    end_reason: Mapped[SessionEnd | None]


class RefreshToken(Base):
    """A link of a session's chain. A session has one that is unused; to use it makes the next one.

    For a moment after its use the same successor can be made again, so that two parallel refreshes end up with one:
    it is derived from the token and `successor_salt`. Neither the database nor an old token alone gives it away.
    """

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
        CheckConstraint("successor_salt IS NULL OR used_at IS NOT NULL", name="successor_salt"),
        Index("uq_refresh_tokens_unused", "session_id", unique=True, postgresql_where=text("used_at IS NULL")),
        Index(None, "session_id"),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey("user_sessions.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    used_at: Mapped[Timestamp | None]
    successor_salt: Mapped[bytes | None] = mapped_column(LargeBinary)

    session: Mapped[UserSession] = relationship(lazy="raise")
