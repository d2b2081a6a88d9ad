"""Health: alive without anything else, ready when requests can be answered, and every check told by its name."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
import pytest

from server import database_watch
from server.app import create_app
from server.database import open_connection
from server.migrating import known_revisions
from tests.databases import closed_to_newcomers, settings_for
from tests.patience import PATIENCE_SECONDS
from tests.serving import running

NOWHERE = "postgresql://nobody@127.0.0.1:1/shop"
LATE_JOB = """
    INSERT INTO pgqueuer (priority, status, entrypoint, execute_after)
    VALUES (0, 'queued', 'send_mail', now() - interval '10 minutes')
"""


END_LISTENING = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'merkato events' AND datname = current_database()
"""


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something to hold."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - a server in another thread sets no event of ours
            await asyncio.sleep(0.02)


def hears_events(http: httpx.Client) -> bool:
    """Whether the server says that it hears events."""
    return bool(ready(http)[2]["events"]["status"] == "ok")


def ready(http: httpx.Client) -> tuple[int, str, dict[str, Any]]:
    """The status of the answer, the whole's, and the checks without what is measured."""
    response = http.get("/health/ready")
    assert response.headers["cache-control"] == "no-store"
    found = response.json()
    found["checks"]["database"].pop("milliseconds", None)
    return response.status_code, found["status"], found["checks"]


def test_process_lives_without_a_database_and_is_not_ready() -> None:
    with running(create_app(settings_for(NOWHERE).model_copy(update={"response_cache_bytes": 0}))) as http:
        assert (http.get("/health/live").status_code, http.get("/health/live").json()) == (200, {"status": "ok"})
        away = {"database": {"status": "unavailable"}, "events": {"status": "degraded"}}
        assert ready(http) == (503, "unavailable", away)


async def test_ready_tells_every_check(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_watch, "FRESH_SECONDS", -1)
    head = known_revisions().head
    operator: asyncpg.Connection = await open_connection(database_url, settings_for(database_url))
    settings = settings_for(database_url).model_copy(update={"response_cache_bytes": 0})
    sound = {
        "database": {"status": "ok"},
        "migrations": {"status": "ok", "revision": head, "head": head},
        "queue": {"status": "ok", "lagSeconds": 0},
        "events": {"status": "ok"},
    }

    with running(create_app(settings)) as http:
        await until(lambda: hears_events(http))
        assert ready(http) == (200, "ok", sound)
        assert http.get("/health").json()["status"] == "ok"

        await operator.execute("UPDATE alembic_version SET version_num = '9999'")
        assert ready(http)[:2] == (200, "ok")  # a newer release was here

        await operator.execute("UPDATE alembic_version SET version_num = '0001'")
        code, status, checks = ready(http)
        assert (code, status) == (503, "unavailable")
        assert checks["migrations"] == {"status": "unavailable", "revision": "0001", "head": head}

        await operator.execute("UPDATE alembic_version SET version_num = $1", head)
        await operator.execute(LATE_JOB)
        code, status, checks = ready(http)
        assert (code, status, checks["queue"]["status"]) == (200, "degraded", "degraded")
        assert 600 <= checks["queue"]["lagSeconds"] < 700

        await operator.execute("DELETE FROM pgqueuer")
        async with closed_to_newcomers(database_url):
            await operator.execute(END_LISTENING)
            await until(lambda: not hears_events(http))
            code, status, checks = ready(http)
        assert (code, status, checks) == (200, "degraded", sound | {"events": {"status": "degraded"}})
    await operator.close()


def test_replica_that_is_no_standby_degrades(database_url: str) -> None:
    settings = settings_for(database_url)
    with running(create_app(settings.model_copy(update={"database_replica_url": settings.database_url}))) as http:
        code, status, checks = ready(http)
    assert (code, status) == (200, "degraded")
    assert checks["replica"] == {"status": "degraded", "lagSeconds": None}
    assert checks["listener"]["status"] in {"ok", "degraded"}  # it begins to listen beside the first requests
