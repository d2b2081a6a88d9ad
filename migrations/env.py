"""Runs migrations on the connection that the caller opened (server/migrating.py)."""

from alembic import context
from sqlalchemy import text

from models import Base

LOCK_TIMEOUT = "5s"
"""A migration that cannot get its lock gives up instead of queueing every reader behind it."""

QUEUE = "pgqueuer"
"""What the names of PgQueuer's tables begin with; its statements know them, no model does."""


def is_ours(name: str | None, kind: str, _: object) -> bool:
    """Whether something in the database is to be compared with the models."""
    return kind != "table" or not (name or "").startswith(QUEUE)


def run() -> None:
    """Run every pending migration, each in a transaction of its own."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=is_ours,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.commit()
    with context.begin_transaction():
        context.run_migrations()


run()
