"""Resealing: what older keys have sealed or hashed comes under the newest, whoever writes meanwhile."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import LargeBinary, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.phones import phone_of, set_phone, users_with_phone
from domain.keyed_columns import KEYED_COLUMNS, KeyedColumns
from domain.payment_methods import DETAILS, MARK_INDEX, keep_method
from domain.payment_providers import KeptSource, Source
from domain.promo_code_uses import EMAIL_INDEX, known_customer, use_code
from domain.resealing import Batch, Fate, reseal_batch
from domain.vault import Place, Vault, VaultKey
from models import Base, Order, PaymentKind, PaymentMethod, PromoCodeUse, User
from tests.factories import add_order, add_payment_method, add_promo_code, add_user, writing
from tests.patience import PATIENCE_SECONDS

OLD, NEW = VaultKey("old", b"o" * 32), VaultKey("new", b"n" * 32)
BEFORE, MEANWHILE, AFTER = Vault([OLD]), Vault([NEW, OLD]), Vault([NEW])

OF_USERS, OF_METHODS, OF_USES = (
    next(columns for columns in KEYED_COLUMNS if columns.table is table)
    for table in (User, PaymentMethod, PromoCodeUse)
)

UNDER_NO_KEY_OF_THE_VAULT = {
    "api_tokens.token_hash",
    "audit_chain.removed_hash",
    "audit_chain.sealed_hash",
    "audit_log.digest",
    "audit_log.hash",
    "cart_lines.customization_hash",
    "external_sign_ins.state_hash",
    "external_sign_ins.token_hash",
    "idempotency_keys.request_hash",
    "one_time_tokens.token_hash",
    "recovery_codes.code_hash",
    "refresh_tokens.successor_salt",
    "refresh_tokens.token_hash",
    "throttles.key_hash",
}

BLOCKED = text("""
    SELECT EXISTS (
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0
    )
""")


def number_of(place: int) -> str:
    """The phone number of the account at that place."""
    return f"+25191100010{place}"


async def add_callers(engine: AsyncEngine, vault: Vault, count: int) -> Sequence[UUID]:
    """Accounts with phone numbers, in the order in which they are resealed."""
    async with writing(engine) as session:
        users = sorted([await add_user(session) for _ in range(count)], key=lambda user: user.id)
        for place, user in enumerate(users):
            set_phone(vault, user, number_of(place))
    return [user.id for user in users]


async def resealed(
    engine: AsyncEngine, columns: KeyedColumns, size: int = 100, vault: Vault = MEANWHILE
) -> Counter[tuple[str, Fate]]:
    """What becomes of all rows, a transaction for each batch."""
    fates: Counter[tuple[str, Fate]] = Counter()
    batch = Batch(fates, (), None)
    is_more = True
    while is_more:
        async with writing(engine) as session:
            batch = await reseal_batch(session, vault, columns, batch.last, size)
        fates += batch.fates
        is_more = batch.last is not None
    return fates


async def until_blocked(engine: AsyncEngine) -> None:
    """Wait until somebody waits for somebody's lock. A transaction would see those alone who were there as it began."""
    async with asyncio.timeout(PATIENCE_SECONDS), engine.connect() as connection:
        watching = await connection.execution_options(isolation_level="AUTOCOMMIT")
        while not (await watching.execute(BLOCKED)).scalar_one():
            pass


async def caller(engine: AsyncEngine, user_id: UUID) -> User:
    """The account as it is stored."""
    async with writing(engine) as session:
        return await session.get_one(User, user_id)


def test_every_column_of_bytes_is_under_a_key_of_the_vault_or_known_not_to_be() -> None:
    keyed = {
        f"{columns.table.__tablename__}.{name}"
        for columns in KEYED_COLUMNS
        for name in (columns.sealed, columns.index and columns.index.column)
        if name is not None
    }
    bytes_columns = {
        str(column)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }

    assert bytes_columns - UNDER_NO_KEY_OF_THE_VAULT == keyed
    assert {name for name in bytes_columns if ".encrypted_" in name} <= keyed
    assert not keyed & UNDER_NO_KEY_OF_THE_VAULT


async def test_old_key_is_needed_no_more(engine: AsyncEngine) -> None:
    [user_id] = await add_callers(engine, BEFORE, 1)
    before = await caller(engine, user_id)

    first, second = await resealed(engine, OF_USERS), await resealed(engine, OF_USERS)

    user = await caller(engine, user_id)
    assert first == {("encrypted_phone", Fate.RENEWED): 1, ("phone_index", Fate.RENEWED): 1}
    assert second == {("encrypted_phone", Fate.RIGHT): 1, ("phone_index", Fate.RIGHT): 1}
    assert phone_of(AFTER, user) == number_of(0)
    assert user.updated_at == before.updated_at
    async with writing(engine) as session:
        assert [found.id for found in await users_with_phone(session, AFTER, number_of(0))] == [user_id]


async def test_change_that_follows_moves_updated_at_again(engine: AsyncEngine) -> None:
    [user_id] = await add_callers(engine, BEFORE, 1)
    before = await caller(engine, user_id)
    await resealed(engine, OF_USERS)

    async with writing(engine) as session:
        set_phone(MEANWHILE, await session.get_one(User, user_id), number_of(1))

    assert (await caller(engine, user_id)).updated_at > before.updated_at


async def test_interrupted_run_is_taken_up(engine: AsyncEngine) -> None:
    callers = await add_callers(engine, BEFORE, 5)
    async with writing(engine) as busy:
        await busy.execute(select(User.id).where(User.id == callers[3]).with_for_update())
        run = asyncio.create_task(resealed(engine, OF_USERS, size=2))
        await until_blocked(engine)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    after_interruption = [await caller(engine, user_id) for user_id in callers]
    fates = await resealed(engine, OF_USERS, size=2)

    assert [phone_of(MEANWHILE, user) for user in after_interruption] == [number_of(place) for place in range(5)]
    assert fates["encrypted_phone", Fate.RIGHT] == fates["phone_index", Fate.RIGHT] == 2
    assert fates["encrypted_phone", Fate.RENEWED] == fates["phone_index", Fate.RENEWED] == 3
    for place, user_id in enumerate(callers):
        assert phone_of(AFTER, await caller(engine, user_id)) == number_of(place)


async def test_number_that_is_changed_meanwhile_is_kept_and_resealed(engine: AsyncEngine) -> None:
    """By a server that knows the old key alone: what it has written comes under the newest as well."""
    [user_id] = await add_callers(engine, BEFORE, 1)
    async with writing(engine) as busy:
        set_phone(BEFORE, await busy.get_one(User, user_id), number_of(7))
        await busy.flush()
        run = asyncio.create_task(resealed(engine, OF_USERS))
        await until_blocked(engine)

    fates = await run

    assert fates == {("encrypted_phone", Fate.RENEWED): 1, ("phone_index", Fate.RENEWED): 1}
    assert phone_of(AFTER, await caller(engine, user_id)) == number_of(7)
    async with writing(engine) as session:
        assert [found.id for found in await users_with_phone(session, AFTER, number_of(7))] == [user_id]


async def test_number_that_is_taken_away_meanwhile_stays_away(engine: AsyncEngine) -> None:
    [user_id] = await add_callers(engine, BEFORE, 1)
    async with writing(engine) as busy:
        set_phone(BEFORE, await busy.get_one(User, user_id), None)
        await busy.flush()
        run = asyncio.create_task(resealed(engine, OF_USERS))
        await until_blocked(engine)

    assert await run == {}
    assert (await caller(engine, user_id)).encrypted_phone is None


async def test_of_two_runs_at_once_each_value_is_renewed_by_one(engine: AsyncEngine) -> None:
    callers = await add_callers(engine, BEFORE, 20)

    runs = await asyncio.gather(*(resealed(engine, OF_USERS, size=7) for _ in range(2)))

    fates = sum(runs, Counter())
    assert fates["encrypted_phone", Fate.RENEWED] == fates["encrypted_phone", Fate.RIGHT] == len(callers)
    for place, user_id in enumerate(callers):
        assert phone_of(AFTER, await caller(engine, user_id)) == number_of(place)


async def test_what_no_key_opens_is_named_and_left_alone(engine: AsyncEngine) -> None:
    lost, readable = await add_callers(engine, BEFORE, 2)
    async with writing(engine) as session:
        set_phone(Vault([VaultKey("gone", b"g" * 32)]), await session.get_one(User, lost), number_of(5))
    before = await caller(engine, lost)

    async with writing(engine) as session:
        batch = await reseal_batch(session, MEANWHILE, OF_USERS, None)

    after = await caller(engine, lost)
    assert batch.unopened == [lost]
    assert batch.fates["encrypted_phone", Fate.UNOPENED] == batch.fates["encrypted_phone", Fate.RENEWED] == 1
    assert (after.encrypted_phone, after.phone_index) == (before.encrypted_phone, before.phone_index)
    assert phone_of(AFTER, await caller(engine, readable)) == number_of(1)


async def test_value_of_another_row_is_not_readable_under_the_newest_key_either(engine: AsyncEngine) -> None:
    """It is opened, whatever key it names."""
    callers = await add_callers(engine, AFTER, 2)
    theirs = (await caller(engine, callers[1])).encrypted_phone
    async with writing(engine) as session:
        await session.execute(update(User).where(User.id == callers[0]).values(encrypted_phone=theirs))

    assert (await resealed(engine, OF_USERS))["encrypted_phone", Fate.UNOPENED] == 1


async def test_card_is_known_again_by_its_new_hash(engine: AsyncEngine) -> None:
    card = KeptSource(Source("pm_1", "cus_1"), PaymentKind.CARD, "Visa, ending in 4242", "fingerprint")
    async with writing(engine) as session:
        user = await add_user(session)
        await keep_method(session, BEFORE, user.id, "stripe", card)

    fates = await resealed(engine, OF_METHODS)

    assert fates == {(DETAILS, Fate.RENEWED): 1, ("mark_index", Fate.RENEWED): 1}
    async with writing(engine) as session:
        await keep_method(session, AFTER, user.id, "stripe", card)
        [method] = await session.scalars(select(PaymentMethod))
    assert method.mark_index == AFTER.index("fingerprint", MARK_INDEX)


async def test_card_of_unknown_mark_keeps_its_hash(engine: AsyncEngine) -> None:
    """Marks were not always kept among the details."""
    async with writing(engine) as session:
        method = await add_payment_method(session, await add_user(session), mark_index=b"hash")
        place = Place(PaymentMethod.__tablename__, DETAILS, method.id)
        method.encrypted_details = BEFORE.seal('{"reference": "pm_1", "customer": null}', place)

    fates = await resealed(engine, OF_METHODS)

    assert fates == {(DETAILS, Fate.RENEWED): 1, ("mark_index", Fate.LEFT): 1}
    async with writing(engine) as session:
        stored = await session.get_one(PaymentMethod, method.id)
    assert (stored.mark_index, AFTER.open(stored.encrypted_details, place)[:11]) == (b"hash", '{"reference')


async def test_card_that_was_kept_twice_hinders_nothing(engine: AsyncEngine) -> None:
    """Under two keys it may be: by servers that were told of the new one at different times."""
    card = KeptSource(Source("pm_1", "cus_1"), PaymentKind.CARD, "Visa, ending in 4242", "fingerprint")
    async with writing(engine) as session:
        user = await add_user(session)
        await keep_method(session, BEFORE, user.id, "stripe", card)
        await keep_method(session, AFTER, user.id, "stripe", card)

    fates = await resealed(engine, OF_METHODS)

    assert fates == {
        (DETAILS, Fate.RENEWED): 1,
        ("mark_index", Fate.LEFT): 1,
        (DETAILS, Fate.RIGHT): 1,
        ("mark_index", Fate.RIGHT): 1,
    }
    async with writing(engine) as session:
        for method in await session.scalars(select(PaymentMethod)):
            assert AFTER.open(method.encrypted_details, Place(PaymentMethod.__tablename__, DETAILS, method.id))


async def test_guest_is_known_again_by_the_address_of_their_order(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        code, order = await add_promo_code(session), await add_order(session)
        await use_code(session, code.id, order.id, known_customer(BEFORE, None, order.email))

    assert await resealed(engine, OF_USES) == {("email_index", Fate.RENEWED): 1}

    async with writing(engine) as session:
        [use] = await session.scalars(select(PromoCodeUse))
    assert use.email_index == AFTER.index(str(order.email), EMAIL_INDEX)


@pytest.mark.parametrize("address", [None, "another@example.com"])
async def test_use_stays_as_it_is_when_its_address_is_gone_or_another(engine: AsyncEngine, address: str | None) -> None:
    async with writing(engine) as session:
        code, order = await add_promo_code(session), await add_order(session)
        customer = known_customer(BEFORE, None, order.email)
        await use_code(session, code.id, order.id, customer)
        await session.execute(update(Order).values(email=address))

    assert await resealed(engine, OF_USES) == {("email_index", Fate.LEFT): 1}

    async with writing(engine) as session:
        [use] = await session.scalars(select(PromoCodeUse))
    assert use.email_index == customer.email_index
