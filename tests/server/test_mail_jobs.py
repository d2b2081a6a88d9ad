"""Mail from the outbox to the mail server, through worker processes that end in every way."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.mail_jobs import MailTemplate, send_mail
from domain.outbox import Job, enqueue
from server.app import create_app
from server.mailing import mailbox
from server.settings import Settings
from tests.databases import settings_for
from tests.jobs import add_jobs, fetch, until_empty
from tests.mail_server import ACCEPTED, MailServer, mail_server
from tests.patience import PATIENCE_SECONDS
from tests.processes import running_process
from tests.promises import assert_promises
from tests.serving import running

MERKATO = Path(sys.executable).with_name("merkato")


def letter(to: str = "selam@example.com") -> Job:
    """A job that sends a letter."""
    return send_mail(MailTemplate.ALREADY_REGISTERED, to, {"name": "Selam"})


@asynccontextmanager
async def worker_process(
    engine: AsyncEngine, server: MailServer, folder: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A `merkato worker` that sends to that server; killed when the block ends, if it is still there."""
    variables = {
        "DATABASE_URL": str(engine.get_execution_options()["url"]),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(server.port),
        "SMTP_SECURITY": "none",
        "JOB_TAKEOVER_SECONDS": "2",
    }
    async with running_process(folder, variables, "worker") as process:
        yield process


async def test_killed_between_effect_and_acknowledgement_the_job_is_repeated_by_its_id(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    jobs = [letter(f"{number}@example.com") for number in range(5)]
    await add_jobs(engine, *jobs)
    with mail_server() as server:
        async with worker_process(engine, server, tmp_path) as doomed:

            def kill_at_the_third(count: int) -> str:
                if count == 3:
                    os.kill(doomed.pid, signal.SIGKILL)
                return ACCEPTED

            server.answer = kill_at_the_third
            assert await doomed.wait() == -signal.SIGKILL
        assert 3 <= len(server.received) <= 5
        assert await fetch(engine, "SELECT count(*) FROM pgqueuer WHERE status = 'picked'") != [(0,)]

        async with worker_process(engine, server, tmp_path):
            await until_empty(engine)

    identifiers = [str(message["Message-ID"]) for message in server.received]
    assert set(identifiers) == {f"<{job.id}@localhost>" for job in jobs}
    assert len(identifiers) > len(jobs)
    assert await fetch(engine, "SELECT count(*) FROM dead_letters") == [(0,)]
    await assert_promises(engine)


async def test_asked_to_end_the_worker_finishes_the_letter_it_is_sending(engine: AsyncEngine, tmp_path: Path) -> None:
    job = letter()
    await add_jobs(engine, job)
    with mail_server() as server:
        async with worker_process(engine, server, tmp_path) as process:

            def answer_late(_count: int) -> str:
                os.kill(process.pid, signal.SIGTERM)
                time.sleep(1)
                return ACCEPTED

            server.answer = answer_late
            assert await asyncio.wait_for(process.wait(), PATIENCE_SECONDS) == 0

    assert [message["Message-ID"] for message in server.received] == [f"<{job.id}@localhost>"]
    assert await fetch(engine, "SELECT count(*) FROM pgqueuer") == [(0,)]


@asynccontextmanager
async def developing(engine: AsyncEngine, folder: Path) -> AsyncIterator[Settings]:
    """The server of a developer who has no mail server, with its worker; and its settings."""
    url = str(engine.get_execution_options()["url"])
    settings = settings_for(url).model_copy(update={"data_directory": folder, "job_attempts": 1})
    with running(create_app(settings, works=True)) as client:
        yield settings
        assert client.get("/health").is_success


async def test_rolled_back_transaction_sends_nothing(engine: AsyncEngine, tmp_path: Path) -> None:
    async with developing(engine, tmp_path) as settings:
        async with AsyncSession(engine) as session:
            await enqueue(session, letter("nobody@example.com"))
            await session.rollback()
        await add_jobs(engine, letter("somebody@example.com"))
        await until_empty(engine)

    assert [received.to for received in mailbox(settings).letters()] == ["somebody@example.com"]


async def test_developers_server_outlives_jobs_that_fail(engine: AsyncEngine, tmp_path: Path) -> None:
    async with developing(engine, tmp_path) as settings:
        await add_jobs(engine, Job("send_mail", {"template": "none"}), letter("nonsense"), letter())
        await until_empty(engine)

    assert [received.to for received in mailbox(settings).letters()] == ["selam@example.com"]
    assert await fetch(engine, "SELECT error FROM dead_letters ORDER BY error") == [
        ("HopelessError: 'nonsense' is no e-mail address.",),
        ("ValueError: 'none' is not a valid MailTemplate",),
    ]
