"""Who is on record: people and machines over HTTP, jobs, commands; and the commands that look after the record."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.api_tokens import MARK, PREFIX_LENGTH
from auth.permissions import Permission
from auth.secrets import hash_token, new_token
from domain.audit_log import KEEP_AUDIT_LOG, SEAL_AUDIT_LOG
from domain.payment_providers import PaymentProviders
from models import AuditEntry, Role
from resolvers.ids import encode_id
from server.job_handlers import SCHEDULE, in_transaction, job_handlers
from tests.auth.accounts import PASSWORD, add_account
from tests.commands import run_command
from tests.databases import opened, settings_for
from tests.devices import Device
from tests.factories import add_api_token, add_tag, add_user, writing
from tests.safeguards import SAFEGUARDS
from tests.signed_in import open_door


async def entries(engine: AsyncEngine, table: str) -> Sequence[AuditEntry]:
    """What is on record of a table, in the order of writing."""
    async with writing(engine) as session:
        found = select(AuditEntry).where(AuditEntry.table_name == table).order_by(AuditEntry.recorded_at, AuditEntry.id)
        return (await session.scalars(found)).all()


async def test_people_and_machines_are_on_record_with_their_request(engine: AsyncEngine, database_url: str) -> None:
    boss = await add_account(engine, SAFEGUARDS, email="boss@example.com", role=Role.ADMIN)
    text = MARK + new_token()
    async with writing(engine) as session:
        selam = await add_user(session)
        known = {
            "prefix": text[:PREFIX_LENGTH],
            "token_hash": hash_token(text),
            "scopes": sorted(Permission),
        }
        token = await add_api_token(session, boss, **known)
    whom = encode_id("Account", selam.id)
    with open_door(database_url) as door:
        office, machine = Device(door, "Office"), Device(door, "Till", {"access": text})
        office.done("SignIn", email="boss@example.com", password=PASSWORD)
        office.done("ChangeUserRole", id=whom, role="EDITOR")
        machine.done("ChangeUserRole", id=whom, role="STAFF")

    by_person, by_machine = [each for each in await entries(engine, "users") if "role" in each.old_values]

    assert (by_person.row_key, by_person.new_values) == (str(selam.id), {"role": "EDITOR"})
    assert (by_person.actor_kind, by_person.actor_id, by_person.token_id) == ("USER", boss.id, None)
    assert (by_person.user_agent, by_person.address, by_person.database_role) == ("Office", "127.0.0.1", "merkato")
    assert (by_machine.actor_kind, by_machine.actor_id, by_machine.token_id) == ("API_TOKEN", boss.id, token.id)
    assert (by_machine.user_agent, by_machine.new_values) == ("Till", {"role": "STAFF"})
    assert UUID(by_person.request_id) != UUID(by_machine.request_id)


async def test_jobs_are_on_record_and_seal_the_log(engine: AsyncEngine, database_url: str) -> None:
    async def work(session: AsyncSession) -> None:
        await add_tag(session)

    handlers, job_id = job_handlers(engine, settings_for(database_url), PaymentProviders()), uuid4()
    await in_transaction(engine, "tag_products", work)(job_id, {})
    await handlers[SEAL_AUDIT_LOG](uuid4(), {})
    await handlers[KEEP_AUDIT_LOG](uuid4(), {})

    [entry] = await entries(engine, "tags")
    assert (entry.actor_kind, entry.actor_name, entry.request_id) == ("JOB", "tag_products", str(job_id))
    assert entry.position is not None
    times = {each.name: each.times for each in SCHEDULE}
    assert (times[SEAL_AUDIT_LOG], times[KEEP_AUDIT_LOG]) == ("* * * * *", "23 2 * * *")


def test_commands_are_on_record_and_verify_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def merkato(*arguments: str) -> tuple[int, str]:
        outcome = run_command(monkeypatch, capfd, *arguments, DATABASE_URL=database_url, COLUMNS="200")
        return outcome.code, outcome.out + outcome.err

    async def recorded() -> list[tuple[str, str, str | None]]:
        async with opened(database_url) as engine:
            found = [*await entries(engine, "users"), *await entries(engine, "audit_config")]
            return [(each.actor_kind, each.action, each.actor_name) for each in found]

    async def falsify() -> None:
        async with opened(database_url) as engine, writing(engine) as session:
            (await session.scalars(select(AuditEntry).where(AuditEntry.position == 1))).one().new_values = {}

    assert merkato("create-admin", "boss@example.com")[0] == 0
    changed = merkato("audit", "configure", "tags", "--off", "--retention-days", "90", "--reason", "We have few.")
    assert changed == (0, "Changed what is recorded of tags.\n")
    assert asyncio.run(recorded())[-1] == ("COMMAND", "UPDATE", "audit configure")
    assert ("COMMAND", "INSERT", "create-admin") in asyncio.run(recorded())
    listed = next(line for line in merkato("audit", "tables")[1].splitlines() if " tags " in line)
    assert [cell.strip() for cell in listed.split("│")[1:5]] == ["tags", "no", "90", "We have few."]

    code, head = merkato("audit", "head")
    assert (code, len(head.strip())) == (0, 64)
    code, said = merkato("audit", "verify", "--head", head.strip())
    assert (code, "entries is whole." in said, head in said) == (0, True, True)
    asyncio.run(falsify())
    code, said = merkato("audit", "verify")
    assert (code, said.startswith("ALTERED: Entry 1 (")) == (4, True)

    assert "There is no table nothing" in merkato("audit", "configure", "nothing", "--on")[1]
    assert "has no column colour" in merkato("audit", "configure", "tags", "--exclude", "colour")[1]
    assert "are always recorded" in merkato("audit", "configure", "audit_config", "--off")[1]
    assert "of the type json" in merkato("audit", "configure", "dead_letters", "--on")[1]
    assert merkato("audit", "verify", "--head", "abc")[0] == 2
