"""Whether this process can serve: /health."""

from http import HTTPStatus

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import JSONResponse

from server.graphql_errors import is_database_away

FRESH = {"Cache-Control": "no-store"}


async def answer_health(request: Request) -> JSONResponse:
    """200 while the database answers, else 503."""
    engine: AsyncEngine = request.app.state.reading_engine
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except Exception as error:
        if not is_database_away(error):
            raise
        return JSONResponse(
            {"status": "unavailable", "database": "unreachable"}, HTTPStatus.SERVICE_UNAVAILABLE, headers=FRESH
        )
    return JSONResponse({"status": "ok", "database": "reachable"}, headers=FRESH)
