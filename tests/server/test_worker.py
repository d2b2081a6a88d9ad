"""The worker: every job is done, once if nothing goes wrong, and none is lost whatever does."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.dead_letters import DeadLetterNotFoundError, newest_dead_letters, replay, replay_all
from domain.mail_jobs import SEND_MAIL, MailTemplate, send_mail
from domain.outbox import Job, enqueue
from domain.queue_upkeep import tidy_queue
from domain.repeating import HopelessError, Patience
from server.database import create_engine
from server.job_execution import Payload
from server.job_handlers import Scheduled
from tests.databases import closed_to_newcomers, settings_for
from tests.factories import writing
from tests.jobs import QUICK, Recorder, add_jobs, fetch, until_empty, worker_for, working
from tests.patience import PATIENCE_SECONDS

CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE query LIKE '%pgqueuer%' AND datname = current_database() AND pid <> pg_backend_pid()
"""


async def test_two_workers_do_each_job_once_by_the_id_it_was_given(engine: AsyncEngine) -> None:
    jobs, one, other = list[Job](), Recorder(), Recorder()

    async with working(worker_for(engine, {"note": one}), worker_for(engine, {"note": other})):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (one.told and other.told):  # one may begin long after the other
                batch = [Job("note", {"number": number}) for number in range(60)]
                await add_jobs(engine, *batch)
                await until_empty(engine)
                jobs += batch

    assert sorted(one.told + other.told) == sorted(job.id for job in jobs)


async def test_job_that_fails_is_done_later(engine: AsyncEngine) -> None:
    recorder, job = Recorder(failures=2), Job("note", {})

    async with working(worker_for(engine, {"note": recorder})):
        await add_jobs(engine, job)
        await until_empty(engine)

    assert recorder.told == [job.id] * 3
    assert await fetch(engine, "SELECT 1 FROM dead_letters") == []


async def test_job_that_fails_for_the_last_time_is_kept_and_replayed(engine: AsyncEngine) -> None:
    recorder, job = Recorder(failures=3), Job("note", {"text": "é\0"})

    async with working(worker_for(engine, {"note": recorder})):
        await add_jobs(engine, job)
        await until_empty(engine)
        async with writing(engine) as session:
            (letter,) = await newest_dead_letters(session, 10)
            replayed = await replay(session, letter.id)
        await recorder.wait_for(4)
        await until_empty(engine)

    assert (letter.id, letter.name, letter.attempts) == (job.id, "note", 3)
    assert (letter.error, letter.payload) == ("ConnectionError: nobody�there", {"text": "é\0"})
    assert letter.enqueued_at < letter.failed_at
    assert replayed == job
    assert recorder.told == [job.id] * 4
    assert await fetch(engine, "SELECT 1 FROM dead_letters") == []


async def test_dead_letter_is_replayed_once_by_twenty_at_once(engine: AsyncEngine) -> None:
    statement = "INSERT INTO dead_letters VALUES (:id, 'note', '{}', 3, 'E: x', now(), now()) RETURNING id"
    (letter,), (other,) = [(await fetch(engine, statement, id=UUID(int=number)))[0] for number in (1, 2)]

    async def attempt() -> bool:
        try:
            async with writing(engine) as session:
                await replay(session, letter)
        except DeadLetterNotFoundError as error:
            return str(error) != f"There is no dead letter {letter}. It may have been replayed or dropped already."
        return True

    assert sum(await asyncio.gather(*(attempt() for _ in range(20)))) == 1
    async with writing(engine) as session:
        assert await replay_all(session) == 1
    assert await fetch(engine, "SELECT headers->>'job_id' FROM pgqueuer ORDER BY 1") == [(str(letter),), (str(other),)]


async def test_hopeless_job_is_given_up_at_once_and_a_slow_one_is_cut(engine: AsyncEngine) -> None:
    async def despair(_job_id: UUID, _payload: Payload) -> None:
        raise HopelessError("there is no such mailbox")

    async def dawdle(_job_id: UUID, _payload: Payload) -> None:
        await asyncio.sleep(60)

    impatient = Patience(attempts=1, limit=timedelta(seconds=0.1))
    async with working(worker_for(engine, {"despair": despair, "dawdle": dawdle}, patience=impatient)):
        await add_jobs(engine, Job("despair", {}), Job("dawdle", {}))
        await until_empty(engine)

    assert await fetch(engine, "SELECT error, attempts FROM dead_letters ORDER BY error") == [
        ("HopelessError: there is no such mailbox", 1),
        ("TooSlowError: It did not end within 0.1 seconds.", 1),
    ]


async def test_job_that_ends_its_worker_each_time_is_given_up(engine: AsyncEngine) -> None:
    recorder = Recorder()
    await add_jobs(engine, Job("note", {}))
    await fetch(
        engine,
        "INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint) "
        "SELECT id, 'picked', 0, entrypoint FROM pgqueuer, generate_series(1, 3)",
    )

    async with working(worker_for(engine, {"note": recorder})):
        await until_empty(engine)

    assert recorder.told == []
    assert await fetch(engine, "SELECT error FROM dead_letters") == [
        ("WorkerEndedError: Its worker ended in the middle of 3 attempts.",)
    ]


async def test_job_that_could_not_be_counted_for_a_moment_is_begun_soon(engine: AsyncEngine, database_url: str) -> None:
    """Those who wait for a job of every minute are not to wait for the longest pause."""
    recorder = Recorder()
    patience = replace(QUICK, longest_pause=timedelta(hours=1))
    unconnected = create_engine(database_url, settings_for(database_url))
    worker = replace(worker_for(engine, {"note": recorder}, patience=patience), engine=unconnected)

    async with working(worker):
        await add_jobs(engine, Job("note", {}))
        await recorder.wait_for(1)
        await until_empty(engine)
        async with closed_to_newcomers(database_url):
            await unconnected.dispose()
            await add_jobs(engine, Job("note", {}))
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await fetch(engine, "SELECT 1 FROM pgqueuer WHERE attempts > 0"):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        await until_empty(engine)

    assert len(recorder.told) == 2
    await unconnected.dispose()


async def test_letters_are_begun_after_all_that_waits_also_when_they_are_replayed(engine: AsyncEngine) -> None:
    """While a mail server hangs, every letter is tried for long: nothing else is to wait for them."""
    begun = list[str]()

    async def send(_job_id: UUID, _payload: Payload) -> None:
        begun.append("letter")
        raise HopelessError("the mail server is gone")

    async def note(_job_id: UUID, _payload: Payload) -> None:
        begun.append("note")

    letters = [send_mail(MailTemplate.ALREADY_REGISTERED, "selam@example.com", {"name": "Selam"}) for _ in range(20)]
    for enqueue_letters in (lambda session: enqueue(session, *letters), replay_all):
        async with writing(engine) as session:
            await enqueue_letters(session)
        await add_jobs(engine, Job("note", {}))
        async with working(worker_for(engine, {SEND_MAIL: send, "note": note})):
            await until_empty(engine)
        assert begun.count("letter") == len(letters)
        assert "note" in begun[:4], "it is one of the first four, which are begun together"
        begun.clear()


@pytest.mark.parametrize("grace_seconds", [5, 0.1])
async def test_worker_that_stops_lets_jobs_end_and_leaves_the_slow_ones(
    engine: AsyncEngine, grace_seconds: float
) -> None:
    begun, ended = asyncio.Event(), list[UUID]()

    async def take_time(job_id: UUID, _payload: Payload) -> None:
        begun.set()
        await asyncio.sleep(0.5)
        ended.append(job_id)

    job = Job("slow", {})
    worker = worker_for(engine, {"slow": take_time}, grace=timedelta(seconds=grace_seconds))
    async with working(worker) as stopping:
        await add_jobs(engine, job)
        await asyncio.wait_for(begun.wait(), PATIENCE_SECONDS)
        stopping.set()

    in_time = grace_seconds > 1
    assert ended == ([job.id] if in_time else [])
    left = [] if in_time else [("queued",)]
    assert await fetch(engine, "SELECT status FROM pgqueuer") == left
    async with working(worker):
        await until_empty(engine)
    assert ended == [job.id]


async def test_worker_goes_on_after_its_connection_was_cut(engine: AsyncEngine) -> None:
    recorder = Recorder()
    async with working(worker_for(engine, {"note": recorder})):
        await add_jobs(engine, Job("note", {}))
        await until_empty(engine)
        await fetch(engine, CUT)
        await add_jobs(engine, Job("note", {}))
        await until_empty(engine)

    assert len(set(recorder.told)) == 2


async def test_two_workers_enqueue_what_is_due_once(engine: AsyncEngine) -> None:
    recorder = Recorder()
    every_second = [Scheduled("note", "* * * * * *")]
    workers = [worker_for(engine, {"note": recorder}, schedule=every_second) for _ in range(2)]

    async with working(*workers):
        await recorder.wait_for(2)

    ((seconds,),) = await fetch(engine, "SELECT extract(epoch FROM now() - min(created))::int FROM pgqueuer_schedules")
    assert 2 <= len(recorder.told) <= seconds + 1


async def test_what_is_due_while_the_database_lets_nobody_in_is_enqueued_once_it_does(
    engine: AsyncEngine, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """And not in a year, when its time has come again."""
    recorder, ticking = Recorder(), Recorder()
    schedule = [Scheduled("note", "0 0 1 1 *"), Scheduled("tick", "* * * * * *")]
    unconnected = create_engine(database_url, settings_for(database_url))
    handlers = {"note": recorder, "tick": ticking}
    worker = replace(worker_for(engine, handlers, schedule=schedule), engine=unconnected)

    async with working(worker):
        await ticking.wait_for(1)
        async with engine.connect() as connected, closed_to_newcomers(database_url):
            await unconnected.dispose()
            await connected.execute(text("UPDATE pgqueuer_schedules SET next_run = now() WHERE entrypoint = 'note'"))
            await connected.commit()
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not any("note" in record.getMessage() for record in caplog.records):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        await recorder.wait_for(1)

    assert len(recorder.told) == 1
    await unconnected.dispose()


async def test_upkeep_releases_what_is_held_and_forgets_what_is_over(engine: AsyncEngine) -> None:
    await add_jobs(engine, Job("held", {}), Job("waiting", {}))
    await fetch(engine, "UPDATE pgqueuer SET status = 'failed' WHERE entrypoint = 'held'")
    await fetch(
        engine,
        "INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint) VALUES (99, 'successful', 0, 'over')",
    )
    await fetch(engine, "UPDATE pgqueuer_log SET created = now() - interval '15 days'")

    async with writing(engine) as session:
        await tidy_queue(session, timedelta(days=14))

    assert await fetch(engine, "SELECT DISTINCT status FROM pgqueuer") == [("queued",)]
    assert await fetch(engine, "SELECT entrypoint FROM pgqueuer_log ORDER BY 1") == [("held",), ("waiting",)]


async def test_upkeep_releases_what_is_held_with_one_key_one_after_the_other(engine: AsyncEngine) -> None:
    keyed = [Job(name, {}, dedupe_key="only one") for name in ("first", "second")]
    for job in (*keyed, Job("other", {})):
        await add_jobs(engine, job)
        await fetch(engine, "UPDATE pgqueuer SET status = 'failed'")

    async with writing(engine) as session:
        await tidy_queue(session, timedelta(days=14))

    waiting = "SELECT entrypoint FROM pgqueuer WHERE status = 'queued' ORDER BY 1"
    assert await fetch(engine, waiting) == [("first",), ("other",)]
    async with writing(engine) as session:
        await tidy_queue(session, timedelta(days=14))
    assert await fetch(engine, waiting) == [("first",), ("other",)]
    await fetch(engine, "DELETE FROM pgqueuer WHERE entrypoint = 'first'")
    async with writing(engine) as session:
        await tidy_queue(session, timedelta(days=14))
    assert await fetch(engine, waiting) == [("other",), ("second",)]


def test_pauses_double_up_to_the_longest_give_or_take_a_quarter() -> None:
    patience = Patience()
    seconds = [[patience.pause_after(attempt).total_seconds() for _ in range(50)] for attempt in (1, 2, 5, 99)]

    for expected, pauses in zip((10, 20, 160, 3600), seconds, strict=True):
        assert all(0.75 * expected <= pause <= 1.25 * expected for pause in pauses)
        assert len(set(pauses)) > 1
