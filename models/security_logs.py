"""The security log: what happened to an account, from where."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, JsonObject, Timestamp
from models.clients import FromClient, canonical_address


class SecurityEvent(StrEnum):
    """What happened."""

    SIGNED_UP = "SIGNED_UP"
    SIGN_UP_REPEATED = "SIGN_UP_REPEATED"
    """Somebody signed up with the address of an account."""
    EMAIL_VERIFIED = "EMAIL_VERIFIED"
    SIGNED_IN = "SIGNED_IN"
    SIGN_IN_FAILED = "SIGN_IN_FAILED"
    SIGN_IN_THROTTLED = "SIGN_IN_THROTTLED"
    SECOND_FACTOR_FAILED = "SECOND_FACTOR_FAILED"
    REAUTHENTICATION_FAILED = "REAUTHENTICATION_FAILED"
    REFRESH_TOKEN_REUSED = "REFRESH_TOKEN_REUSED"  # noqa: S105 - a name, no secret
    SESSION_ENDED = "SESSION_ENDED"
    PASSWORD_RESET_REQUESTED = "PASSWORD_RESET_REQUESTED"  # noqa: S105 - the same
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - the same
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - the same
    EMAIL_CHANGE_REQUESTED = "EMAIL_CHANGE_REQUESTED"
    EMAIL_CHANGED = "EMAIL_CHANGED"
    TOTP_ENABLED = "TOTP_ENABLED"
    TOTP_DISABLED = "TOTP_DISABLED"
    RECOVERY_CODES_REPLACED = "RECOVERY_CODES_REPLACED"
    RECOVERY_CODE_USED = "RECOVERY_CODE_USED"
    IDENTITY_LINKED = "IDENTITY_LINKED"
    IDENTITY_UNLINKED = "IDENTITY_UNLINKED"
    API_TOKEN_CREATED = "API_TOKEN_CREATED"  # noqa: S105 - the same
    API_TOKEN_ROTATED = "API_TOKEN_ROTATED"  # noqa: S105 - the same
    API_TOKEN_REVOKED = "API_TOKEN_REVOKED"  # noqa: S105 - the same
    INVITED = "INVITED"
    INVITATION_ACCEPTED = "INVITATION_ACCEPTED"
    ROLE_CHANGED = "ROLE_CHANGED"
    DEACTIVATED = "DEACTIVATED"
    ACTIVATED = "ACTIVATED"
    DELETED = "DELETED"


class UserSecurityLog(FromClient, Base):
    """One event. It never holds a secret; `user_id` is empty where no account was meant or it is gone."""

    __tablename__ = "user_security_logs"
    __table_args__ = (
        canonical_address(),
        Index(None, "user_id", "created_at"),
        Index(None, "actor_id"),
        Index(None, "event", "created_at"),
        Index(None, "created_at"),
    )

    event: Mapped[SecurityEvent]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    """Whose account it is about."""
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    """Who of the staff did it; empty where the user did it, or a stranger in their name."""
    created_at: Mapped[Timestamp] = mapped_column(server_default=func.now(), sort_order=90)
    details: Mapped[JsonObject]
