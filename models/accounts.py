"""Accounts: everybody who can sign in, and whom an anonymised account was."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamp, Timestamped

NAME_LENGTH = 100
USERNAME_LENGTH = 150


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
    """An identity provider that vouches for an account. OPENID is the one that the settings describe."""

    GOOGLE = "GOOGLE"
    APPLE = "APPLE"
    FACEBOOK = "FACEBOOK"
    OPENID = "OPENID"


class User(Timestamped, Base):
    """An account. E-mail addresses are stored in lower case, so that the unique constraint ignores case.

    What is `encrypted_` was sealed by domain/vault.py: the database never holds its plain text.
    """

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email = lower(email) AND email LIKE '_%@_%'", name="email"),
        CheckConstraint("(encrypted_phone IS NULL) = (phone_index IS NULL)", name="phone"),
        CheckConstraint("deleted_at IS NULL OR NOT is_active", name="deleted_at"),
        Index(None, "created_at", "id"),
        Index(None, "role"),
        Index(None, "is_active"),
        Index(None, "phone_index"),
    )

    email: Mapped[str] = mapped_column(String(255), unique=True)
    username: Mapped[str | None] = mapped_column(String(USERNAME_LENGTH), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    must_change_password: Mapped[bool] = mapped_column(server_default=false())
    """Somebody else chose the password, so that it opens nothing but its own change."""
    first_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    last_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    encrypted_phone: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    """A keyed hash of the phone number, by which it is found."""
    avatar_url: Mapped[str | None] = mapped_column(String(500))
    role: Mapped[Role] = mapped_column(server_default=text(f"'{Role.CUSTOMER}'"))
    social_provider: Mapped[SocialProvider | None]
    """Who vouched for the account when it was made; models/external.py has all who do."""
    is_active: Mapped[bool] = mapped_column(server_default=true())
    is_email_verified: Mapped[bool] = mapped_column(server_default=false())
    last_login_at: Mapped[Timestamp | None]
    deleted_at: Mapped[Timestamp | None]
    """When its owner deleted it: from then on it is a row without a person, which orders and reviews keep."""
    encrypted_data: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
