"""What the server's own connections to PostgreSQL are like."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.database import create_engine
from tests.databases import settings_for


async def test_errors_do_not_repeat_what_statements_were_given(postgres: str) -> None:
    """They are logged, and tokens and e-mail addresses are written by statements."""
    engine = create_engine(postgres, settings_for(postgres))
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError) as raised:
            await connection.execute(text("SELECT 1 / 0, CAST(:token AS text)"), {"token": "opens an account"})
    await engine.dispose()

    assert "opens an account" not in str(raised.value)
