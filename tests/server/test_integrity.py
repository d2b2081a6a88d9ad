"""Checking what must always hold from outside: the command, the job of the worker, and what monitoring sees."""

import asyncio
import json
import logging
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.catalog_checks import RATINGS
from domain.checking import Check
from domain.integrity import CHECK_INTEGRITY
from domain.integrity_checks import CHECKS
from domain.payment_providers import PaymentProviders
from models import IntegrityCheckLog, IntegrityStatus
from server.app import create_app
from server.job_handlers import SCHEDULE, job_handlers
from tests.commands import Outcome, run_command
from tests.databases import opened, settings_for
from tests.factories import add_product, writing
from tests.serving import running

PROMISES = len(CHECKS)


async def break_ratings(engine: AsyncEngine) -> None:
    """Leave one product with a rating that no review gave."""
    async with writing(engine) as session:
        await add_product(session, slug="lamp")
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(text("UPDATE products SET review_count = 3, rating_sum = 9"))


async def break_ratings_at(url: str) -> None:
    """The same for a database that no engine is open for."""
    async with opened(url) as engine:
        await break_ratings(engine)


def test_command_says_what_is_broken_and_repairs_what_it_can(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def check(*arguments: str) -> Outcome:
        return run_command(monkeypatch, capfd, "check-integrity", *arguments, DATABASE_URL=database_url)

    assert check() == Outcome(0, f"PASS: {PROMISES} of {PROMISES} promises hold.\n", "")
    asyncio.run(break_ratings_at(database_url))

    broken, for_programs, repaired = check(), check("--json"), check("--repair")

    sentence = "The rating of a product is that of its approved reviews."
    last = f"FAIL: {PROMISES - 1} of {PROMISES} promises hold."
    assert broken == Outcome(5, f"ratings: {sentence} Not so: lamp.\n{last}\n", "")
    assert for_programs.code == 5
    assert json.loads(for_programs.out) == {
        "status": "FAIL",
        "checked": PROMISES,
        "repaired": 0,
        "findings": [{"check": "ratings", "promise": sentence, "count": 1, "named": ["lamp"]}],
    }
    assert repaired == Outcome(0, f"Repaired: 1.\nPASS: {PROMISES} of {PROMISES} promises hold.\n", "")


def test_nobody_waits_for_a_repair_while_everything_is_checked(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The checks take long where there is much."""
    asyncio.run(break_ratings_at(database_url))
    locks = "SELECT mode AS found FROM pg_locks WHERE pid = pg_backend_pid() AND mode LIKE 'Row%'"
    monkeypatch.setattr("server.commands.check_integrity.CHECKS", (RATINGS, Check("locks", "Nobody waits.", locks)))

    outcome = run_command(monkeypatch, capfd, "check-integrity", "--repair", DATABASE_URL=database_url)

    assert outcome == Outcome(0, "Repaired: 1.\nPASS: 2 of 2 promises hold.\n", "")


async def test_worker_checks_every_night_and_repairs_nothing(
    engine: AsyncEngine, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await break_ratings(engine)
    handlers = job_handlers(engine, settings_for(database_url), PaymentProviders())

    with caplog.at_level(logging.ERROR, "merkato.integrity"):
        await handlers[CHECK_INTEGRITY](uuid4(), {})

    assert [record.getMessage() for record in caplog.records] == [
        "ratings: The rating of a product is that of its approved reviews. Not so: lamp."
    ]
    async with writing(engine) as session:
        kept = (await session.scalars(select(IntegrityCheckLog))).one()
    assert (kept.status, kept.total, kept.repaired, kept.counts["ratings"]) == (IntegrityStatus.FAIL, 1, 0, 1)
    assert {each.name: each.times for each in SCHEDULE}[CHECK_INTEGRITY] == "53 2 * * *"
    with running(create_app(settings_for(database_url))) as http:
        [sample] = [
            line for line in http.get("/metrics").text.splitlines() if line.startswith("merkato_promises_broken{")
        ]
    assert sample.endswith(" 1.0")
