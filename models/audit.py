"""The audit log: who changed which row, from where, and the chain of hashes that shows whether the log was altered."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, String, text, true
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from models.accounts import User
from models.base import Base, JsonObject, LongText, TextList, Timestamp
from models.clients import FromClient

TABLE_NAME_LENGTH = 63
ACTOR_NAME_LENGTH = 100
REQUEST_ID_LENGTH = 128
CHAIN_ID = UUID("00000000-0000-7000-8000-000000000001")


class AuditAction(StrEnum):
    """What happened to a row, or with TRUNCATE to all rows of a table."""

    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    TRUNCATE = "TRUNCATE"


class ActorKind(StrEnum):
    """Who changed it."""

    VISITOR = "VISITOR"
    """Somebody who was not signed in, such as whoever signs up."""
    USER = "USER"
    API_TOKEN = "API_TOKEN"  # noqa: S105 - a name, no secret
    JOB = "JOB"
    COMMAND = "COMMAND"
    DATABASE = "DATABASE"
    """Somebody who spoke to the database itself: `database_role` is all that is known."""


class AuditEntry(FromClient, Base):
    """A change of a row. A trigger writes it, and nobody changes it (migration 0020, decision 0028).

    Until it is sealed it has neither position nor hashes, and lies in the partition of what is sealed at infinity. What
    its table's retention has taken away is emptied: what is left of it carries the chain.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        CheckConstraint("(sealed_at = 'infinity') = (position IS NULL)", name="position"),
        CheckConstraint("(position IS NULL) = (digest IS NULL) AND (digest IS NULL) = (hash IS NULL)", name="hashes"),
        Index(None, "recorded_at", "id"),
        Index(None, "table_name", "row_key", "recorded_at"),
        Index(None, "actor_id", "recorded_at", postgresql_where=text("actor_id IS NOT NULL")),
        Index(None, "position"),
        {"postgresql_partition_by": "RANGE (sealed_at)"},
    )

    sealed_at: Mapped[Timestamp] = mapped_column(primary_key=True, server_default=text("'infinity'"), sort_order=0)
    position: Mapped[int | None] = mapped_column(BigInteger)
    """Its place in the chain, which has no gaps."""
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The SHA-256 of what it says."""
    hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The SHA-256 of the hash before it, its place and its digest."""
    recorded_at: Mapped[Timestamp]
    table_name: Mapped[str] = mapped_column(String(TABLE_NAME_LENGTH))
    row_key: Mapped[LongText]
    """The primary key of the row as text; of several columns, joined by commas. Empty for TRUNCATE."""
    action: Mapped[AuditAction]
    old_values: Mapped[JsonObject]
    """By column, what an UPDATE replaced and what a DELETE took away."""
    new_values: Mapped[JsonObject]
    """By column, what an INSERT brought and what an UPDATE put in place."""
    withheld: Mapped[TextList]
    """The columns that changed as well, and whose values are kept out of the log."""
    actor_kind: Mapped[ActorKind]
    actor_id: Mapped[UUID | None]
    """The account; of an API token, that of its owner. No foreign key: the log outlives the account."""
    token_id: Mapped[UUID | None]
    actor_name: Mapped[str | None] = mapped_column(String(ACTOR_NAME_LENGTH))
    """Of a job or a command, what it is called."""
    database_role: Mapped[str] = mapped_column(String(TABLE_NAME_LENGTH))
    """The login that the database itself saw."""
    request_id: Mapped[str | None] = mapped_column(String(REQUEST_ID_LENGTH), sort_order=72)
    """Of the request, or of the job."""
    forgotten_at: Mapped[Timestamp | None] = mapped_column(sort_order=80)
    """When the retention of its table emptied it."""

    actor: Mapped[User | None] = relationship(
        primaryjoin=lambda: foreign(AuditEntry.actor_id) == User.id, viewonly=True, lazy="raise"
    )


class AuditedTable(Base):
    """What is recorded of a table. A trigger on this table makes those of the other (migration 0020)."""

    __tablename__ = "audit_config"
    __table_args__ = (
        CheckConstraint("retention_days BETWEEN 1 AND 36500", name="retention_days"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("NOT excluded_columns && ignored_columns", name="columns"),
        CheckConstraint(
            "table_name <> 'audit_config' OR is_on AND excluded_columns = '{}' AND ignored_columns = '{}'",
            name="itself",
        ),
    )

    table_name: Mapped[str] = mapped_column(String(TABLE_NAME_LENGTH), unique=True)
    is_on: Mapped[bool] = mapped_column(server_default=true())
    excluded_columns: Mapped[TextList]
    """Columns of which the log says that they changed, and not what they hold: secrets, and what is about a person."""
    ignored_columns: Mapped[TextList]
    """Columns whose changes are not worth an entry: what triggers and the server keep up by themselves."""
    retention_days: Mapped[int] = mapped_column(server_default=text("730"))
    reason: Mapped[LongText]
    """Why it is on or off, and why columns are left out."""


class AuditChain(Base):
    """The one row that says where the chain begins and ends. Whoever seals or removes holds its lock."""

    __tablename__ = "audit_chain"
    __table_args__ = (
        CheckConstraint(f"id = '{CHAIN_ID}'", name="only_one"),
        CheckConstraint("0 <= removed_position AND removed_position <= sealed_position", name="positions"),
    )

    removed_position: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """The newest entry that retention has removed with its partition; the chain begins after it."""
    removed_hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_position: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """The newest entry of the chain."""
    sealed_hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[Timestamp]
