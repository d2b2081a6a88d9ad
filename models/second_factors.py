"""Second factors: a shared secret for time-based codes (RFC 6238), and recovery codes for whoever lost it."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamp


class TotpCredential(Base):
    """The secret of one user. Until it is confirmed by a code, nothing asks for codes."""

    __tablename__ = "totp_credentials"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    encrypted_secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    confirmed_at: Mapped[Timestamp | None]
    last_used_step: Mapped[int | None] = mapped_column(BigInteger)
    """The time step of the newest code that was accepted: it and those before it are used up."""


class RecoveryCode(Base):
    """A code that stands in for the second factor, once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (
        UniqueConstraint("user_id", "code_hash"),
        CheckConstraint("octet_length(code_hash) = 32", name="code_hash"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    used_at: Mapped[Timestamp | None]
