"""The client of the npm package graphql-ws, through which Apollo, urql and Relay subscribe.

`.ci/run` installs it; by hand: npm ci --prefix tests/graphql-ws.
"""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text

from tests.factories import add_post, writing
from tests.patience import PATIENCE_SECONDS
from tests.server.websockets.talking import House, Json

FOLDER = Path(__file__).parents[2] / "graphql-ws"
CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'merkato events' AND datname = current_database()
"""
CONNECTED = {"connected": True}

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (FOLDER / "node_modules").is_dir(),
    reason="No node on the PATH, or tests/graphql-ws is not installed.",
)


class Follower:
    """The program, line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        self._lines = process.stdout

    async def told(self) -> Json:
        """The next line."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            line: Json = orjson.loads(await self._lines.readline())
        return line


@asynccontextmanager
async def following(house: House, posts: int) -> AsyncIterator[Follower]:
    """The program, which ends well after so many posts."""
    address = f"{house.address.replace('http', 'ws', 1)}/graphql"
    command = ("node", "follow.mjs", address, str(posts))
    process = await asyncio.create_subprocess_exec(*command, cwd=FOLDER, stdout=subprocess.PIPE)
    try:
        yield Follower(process)
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def publish(house: House, title: str) -> None:
    """Bring out a post, once the program follows."""
    await house.until("subscriptions post_published", 1)
    async with writing(house.engine) as session:
        await add_post(session, title=title)


async def test_client_asks_and_follows_and_comes_back_after_a_cut(house: House) -> None:
    async with following(house, 2) as follower:
        assert await follower.told() == CONNECTED
        assert "errors" not in await follower.told()
        (error,) = (await follower.told())["errors"]
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        await publish(house, "Before the cut")
        assert await follower.told() == {"data": {"postPublished": {"title": "Before the cut"}}}
        async with writing(house.engine) as session:
            await session.execute(text(CUT))
        assert await follower.told() == CONNECTED
        await publish(house, "After the cut")
        assert await follower.told() == {"data": {"postPublished": {"title": "After the cut"}}}
    await house.until("websockets_open", 0)
