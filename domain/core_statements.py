"""Statements on rows alone, past the objects of a session: what hot paths read and write takes half as long so."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CursorResult, Executable
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

Given = Mapping[str, Any]


async def execute(session: AsyncSession, statement: Executable, given: Given | None = None) -> CursorResult[Any]:
    """What the statement gives within the session's transaction.

    Objects of the session neither change by it nor are written before it: flush what it is to find.
    """
    return await session.run_sync(_execute, statement, given)


def _execute(session: Session, statement: Executable, given: Given | None) -> CursorResult[Any]:
    return session.connection().execute(statement, given)
