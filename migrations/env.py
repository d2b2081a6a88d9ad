"""Runs migrations on the connection that the caller opened (server/migrating.py)."""

from alembic import context
from sqlalchemy import text

from models import Base

LOCK_TIMEOUT = "5s"
"""A migration that cannot get its lock gives up instead of queueing every reader behind it."""


def run() -> None:
    """Run every pending migration, each in a transaction of its own."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.commit()
    with context.begin_transaction():
        context.run_migrations()


run()
