"""`merkato clear-cache`: the answers that serving processes have kept are forgotten."""

import typer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from server.command_database import with_engine
from server.settings import load_settings
from server.table_versions import CHANNEL, WATCHED_TABLES

CHANGED = text(f"SELECT pg_notify('{CHANNEL}', relname) FROM ({WATCHED_TABLES}) AS watched")  # noqa: S608 - our own names


def clear_cache() -> None:
    """Let every server forget the answers that it has kept, and ask the database anew.

    Nobody needs it after a change: each is told to all servers when it is committed. It is for what was done past the
    triggers, such as a restored backup. What browsers and CDNs keep is theirs, for as long as Cache-Control says.
    """
    tables = with_engine(load_settings(), None, call_all_changed, migrated=True)
    typer.echo(f"All servers read {tables} tables anew.")


async def call_all_changed(engine: AsyncEngine) -> int:
    """Tell whoever listens that every table has changed that answers are kept of; how many those are."""
    async with engine.begin() as connection:
        return len((await connection.execute(CHANGED)).all())
