"""API tokens: shown once, kept as a hash, and worth no more than their scopes and their user's role."""

import asyncio
from collections.abc import Collection
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.api_tokens import (
    ApiTokenTerms,
    NewApiToken,
    authenticate_api_token,
    create_api_token,
    is_api_token,
    revoke_api_token,
    rotate_api_token,
)
from auth.errors import ApiTokenNotFoundError, ApiTokenRefusedError
from auth.permissions import Permission
from auth.viewer import Viewer
from domain.errors import InvalidInputError
from models import ApiToken, Role, User
from tests.auth.accounts import NOW, at
from tests.factories import add_user, writing
from tests.statements import count_rows, execute

DAY = 24 * 3600
SCOPES = [Permission.STOCK_READ, Permission.CATALOG_READ]


async def made(engine: AsyncEngine, scopes: Collection[str] = SCOPES, days: float = 30) -> NewApiToken:
    async with writing(engine) as session:
        user = await add_user(session, role=Role.STAFF)
        terms = ApiTokenTerms(" Till ", scopes, NOW + timedelta(days=days))
        return await create_api_token(session, user.id, terms, at())


async def viewer(engine: AsyncEngine, token: str, seconds: float = 60) -> Viewer:
    async with writing(engine) as session:
        return await authenticate_api_token(session, token, at(seconds).at)


async def test_token_acts_for_its_user_within_its_scopes(engine: AsyncEngine) -> None:
    token = await made(engine)

    assert is_api_token(token.text)
    assert await viewer(engine, token.text) == Viewer(
        grants=frozenset(SCOPES), acts_for=token.row.user_id, token_id=token.row.id
    )
    async with writing(engine) as session:
        [row] = await session.scalars(select(ApiToken))
    assert (row.name, row.prefix, row.scopes) == ("Till", token.text[:11], ["catalog:read", "stock:read"])
    assert row.last_used_at == at(60).at
    assert token.text.encode() not in row.token_hash


async def test_lesser_role_lessens_the_token(engine: AsyncEngine) -> None:
    token = await made(engine)
    await execute(engine, update(User).values(role=Role.EDITOR))

    assert (await viewer(engine, token.text)).grants == {Permission.CATALOG_READ}


@pytest.mark.parametrize(
    ("terms", "path"),
    [
        (ApiTokenTerms("Till", [], NOW + timedelta(days=1)), "scopes"),
        (ApiTokenTerms("Till", ["everything"], NOW + timedelta(days=1)), "scopes"),
        (ApiTokenTerms("Till", [Permission.DIAGNOSTICS_READ], NOW + timedelta(days=1)), "scopes"),
        (ApiTokenTerms("", SCOPES, NOW + timedelta(days=1)), "name"),
        (ApiTokenTerms("half \ud800", SCOPES, NOW + timedelta(days=1)), "name"),
        (ApiTokenTerms("Till", SCOPES, NOW), "expires_at"),
        (ApiTokenTerms("Till", SCOPES, NOW + timedelta(days=367)), "expires_at"),
    ],
)
async def test_nobody_gives_more_than_they_have(engine: AsyncEngine, terms: ApiTokenTerms, path: str) -> None:
    async with writing(engine) as session:
        user = await add_user(session, role=Role.STAFF)
        with pytest.raises(InvalidInputError) as refused:
            await create_api_token(session, user.id, terms, at())
    assert [field.path for field in refused.value.fields] == [(path,)]
    assert await count_rows(engine, ApiToken) == 0


async def test_expired_revoked_and_unknown_tokens_are_refused(engine: AsyncEngine) -> None:
    expired, revoked = await made(engine, days=1), await made(engine)
    async with writing(engine) as session:
        await revoke_api_token(session, revoked.row.user_id, revoked.row.id, at())
        with pytest.raises(ApiTokenNotFoundError):
            await revoke_api_token(session, revoked.row.user_id, revoked.row.id, at())
        with pytest.raises(ApiTokenNotFoundError):
            await revoke_api_token(session, revoked.row.user_id, expired.row.id, at())

    for text in (expired.text, revoked.text, "mk_unknown", "", "mk_" + "x" * 100_000, "half \ud800"):
        with pytest.raises(ApiTokenRefusedError):
            await viewer(engine, text, DAY)
    good = await made(engine)
    await execute(engine, update(User).values(is_active=False))
    with pytest.raises(ApiTokenRefusedError):
        await viewer(engine, good.text)


async def test_rotated_token_overlaps_its_only_successor_for_a_day(engine: AsyncEngine) -> None:
    old = await made(engine)

    async def rotate() -> NewApiToken:
        async with writing(engine) as session:
            return await rotate_api_token(session, old.row.user_id, old.row.id, at())

    outcomes = await asyncio.gather(*(rotate() for _ in range(5)), return_exceptions=True)

    [new] = [outcome for outcome in outcomes if isinstance(outcome, NewApiToken)]
    assert sum(isinstance(outcome, ApiTokenNotFoundError) for outcome in outcomes) == 4
    assert (await viewer(engine, new.text)).grants == (await viewer(engine, old.text)).grants
    with pytest.raises(ApiTokenRefusedError):
        await viewer(engine, old.text, DAY)
    assert (await viewer(engine, new.text, DAY)).grants == set(SCOPES)
