"""Throttles: how often somebody tried what only a few may succeed in."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamp


class ThrottledAction(StrEnum):
    """What is tried."""

    SIGN_IN = "SIGN_IN"
    SECOND_FACTOR = "SECOND_FACTOR"
    REAUTHENTICATION = "REAUTHENTICATION"
    SIGN_UP = "SIGN_UP"
    MAIL_REQUEST = "MAIL_REQUEST"
    """To have an address proved by letter."""
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - what is tried
    EMAIL_CHANGE = "EMAIL_CHANGE"
    EXTERNAL_SIGN_IN = "EXTERNAL_SIGN_IN"


class ThrottleScope(StrEnum):
    """Whose attempts are counted together."""

    ACCOUNT = "ACCOUNT"
    ADDRESS = "ADDRESS"
    ACCOUNT_FROM_ADDRESS = "ACCOUNT_FROM_ADDRESS"


class Throttle(Base):
    """A counter. Its key is a hash, so that the addresses of people without an account are not collected."""

    __tablename__ = "throttles"
    __table_args__ = (
        UniqueConstraint("action", "scope", "key_hash"),
        CheckConstraint("octet_length(key_hash) = 32", name="key_hash"),
        CheckConstraint("failures BETWEEN 0 AND attempts", name="failures"),
        Index(None, "expires_at"),
    )

    action: Mapped[ThrottledAction]
    scope: Mapped[ThrottleScope]
    key_hash: Mapped[bytes] = mapped_column(LargeBinary)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    """All of them, also those that were refused unread."""
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    """Those that were let in and did not succeed, or not yet."""
    blocked_until: Mapped[Timestamp | None]
    expires_at: Mapped[Timestamp]
    """When it is forgotten."""
