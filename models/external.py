"""Sign-in with an identity provider: who vouches for whom, and the sign-ins that are under way."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import SocialProvider
from models.base import Base, Timestamp, Url


class ExternalIdentity(Base):
    """A user as a provider knows them. The subject is the provider's own id, which never changes."""

    __tablename__ = "external_identities"
    __table_args__ = (UniqueConstraint("provider", "subject"), UniqueConstraint("user_id", "provider"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    provider: Mapped[SocialProvider]
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    last_used_at: Mapped[Timestamp] = mapped_column(server_default=func.now())


class ExternalSignIn(Base):
    """A sign-in that was sent to a provider and has not come back. Coming back takes the row away, so it works once."""

    __tablename__ = "external_sign_ins"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32 AND octet_length(state_hash) = 32", name="hashes"),
        CheckConstraint("expires_at > created_at", name="expires_at"),
        Index(None, "expires_at"),
    )

    provider: Mapped[SocialProvider]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """Of a secret that only the browser which began has."""
    state_hash: Mapped[bytes] = mapped_column(LargeBinary)
    nonce: Mapped[str] = mapped_column(String(128))
    encrypted_verifier: Mapped[bytes] = mapped_column(LargeBinary)
    """The code verifier of PKCE (RFC 7636)."""
    redirect_uri: Mapped[Url]
    created_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    expires_at: Mapped[Timestamp]
