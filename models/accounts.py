"""Accounts: everybody who can sign in, and whom an anonymised account was."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamp, Timestamped


class Role(StrEnum):
    """What an account is for; auth/permissions.py says what each role may do."""

    CUSTOMER = "CUSTOMER"
    RIDER = "RIDER"
    AUTHOR = "AUTHOR"
    EDITOR = "EDITOR"
    STAFF = "STAFF"
    ANALYST = "ANALYST"
    ADMIN = "ADMIN"


class SocialProvider(StrEnum):
    """An identity provider that vouches for an account."""

    GOOGLE = "GOOGLE"
    APPLE = "APPLE"
    FACEBOOK = "FACEBOOK"


class User(Timestamped, Base):
    """An account. E-mail addresses are stored in lower case, so that the unique constraint ignores case."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email = lower(email) AND email LIKE '_%@_%'", name="email"),
        Index(None, "role"),
        Index(None, "is_active"),
    )

    email: Mapped[str] = mapped_column(String(255), unique=True)
    username: Mapped[str | None] = mapped_column(String(150), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    first_name: Mapped[str] = mapped_column(String(100))
    last_name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str | None] = mapped_column(String(50))
    avatar_url: Mapped[str | None] = mapped_column(String(500))
    role: Mapped[Role] = mapped_column(server_default=text(f"'{Role.CUSTOMER}'"))
    social_provider: Mapped[SocialProvider | None]
    is_active: Mapped[bool] = mapped_column(server_default=true())
    is_email_verified: Mapped[bool] = mapped_column(server_default=false())
    last_login_at: Mapped[Timestamp | None]
    encrypted_data: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
