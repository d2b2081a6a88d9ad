"""What a database still tells of somebody, in any of its tables and in its queue."""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Base

QUEUE = {"pgqueuer": "t::text || convert_from(coalesce(payload, ''), 'UTF8')", "pgqueuer_log": "t::text"}
"""The payload of a job is JSON in binary."""


async def stored_texts(engine: AsyncEngine) -> Mapping[str, str]:
    """All that is stored in each table, in small letters."""
    columns = {table.name: "t::text" for table in Base.metadata.sorted_tables} | QUEUE
    async with engine.connect() as connection:
        rows = {name: await connection.scalars(text(f'SELECT {row} FROM "{name}" t')) for name, row in columns.items()}
        return {name: "\n".join(found).lower() for name, found in rows.items()}
