"""No way through the schema leads a reader to a draft, and each leads a preview there."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from orjson import loads
from sqlalchemy import ColumnElement, true
from sqlalchemy.ext.asyncio import AsyncEngine

import models
from auth import visibility
from auth.roles import ROLE_PERMISSIONS
from auth.viewer import VISITOR, Viewer, viewer_with_role
from models import Role
from server.graphql_request import GraphQLRequest
from tests.api import data_of
from tests.drafts import EVERYTHING, NEW, WORD, Shop, add_drafts, add_items
from tests.editors import editor
from tests.executors import REFERENCE, answered, compiling_on
from tests.factories import shared_engine
from tests.schema.drafts_walk import has_required, walk_of
from tests.schema.walk import WalkedField

Found = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class House:
    """A shop before and after everything in it had a draft."""

    engine: AsyncEngine
    shop: Shop
    before: Mapping[str, Found]
    """What each reader found when there was no draft yet."""
    after: Mapping[str, Found]
    """And what they find now."""

    async def seen(self, viewer: Viewer) -> Found:
        """What the viewer finds along all fields, by both executors."""
        return await seen(self.engine, viewer, self.shop)


def arguments_on(shop: Shop) -> Any:
    """The arguments that find something of that shop, along each field."""
    items = shop.items
    known = {
        "category": f'(id: "{shop.category}")',
        "author": f'(id: "{shop.author}")',
        "menu": '(code: "main")',
        "node": f'(id: "{items.product}")',
        "nodes": f"(ids: {[*items.by_kind.values()]})".replace("'", '"'),
        "page": f'(id: "{items.page}")',
        "post": f'(id: "{items.post}")',
        "product": f'(id: "{items.product}")',
        "search": f'(query: "{WORD} OR {NEW} OR coffee OR lamp OR walks", first: 20)',
        "service": f'(id: "{items.service}")',
    }

    def arguments(step: WalkedField) -> str | None:
        if step.type.name == "Query" and step.name in known:
            return known[step.name]
        if has_required(step) or (step.type.name == "Query" and is_lookup(step)):
            return None
        return "(first: 20)" if "first" in step.field.args else ""

    return arguments


def is_lookup(step: WalkedField) -> bool:
    """Whether it finds one row by an argument."""
    return bool({"id", "number", "email", "code"} & step.field.args.keys())


async def seen(engine: AsyncEngine, viewer: Viewer, shop: Shop) -> Found:
    """What the viewer finds along all fields, by both executors."""
    walk = walk_of(viewer, arguments_on(shop))
    return walk.found(await data_of(engine, walk.document, viewer=viewer))


async def served(engine: AsyncEngine, viewer: Viewer, shop: Shop) -> Found:
    """The same by the executor that compiles alone, where what is found later is compared with it."""
    walk = walk_of(viewer, arguments_on(shop))
    answer = await answered(compiling_on(engine), engine, GraphQLRequest(walk.document), viewer)
    assert answer.encoded is not None
    return walk.found(loads(answer.encoded))


@pytest.fixture(scope="module")
async def house(postgres: str, migrated: str) -> AsyncIterator[House]:
    """For all tests here; none changes anything."""
    async with shared_engine(postgres, migrated) as engine:
        almaz = await editor(engine)
        shop = await add_items(engine, almaz)
        readers = {"visitor": VISITOR, "customer": shop.buyer}
        before = {name: await served(engine, viewer, shop) for name, viewer in readers.items()}
        await add_drafts(engine, almaz, shop)
        after = {name: await seen(engine, viewer, shop) for name, viewer in readers.items()}
        yield House(engine, shop, before, after)


def words(found: Found, word: str) -> set[str]:
    """The fields that gave something with the word."""
    return {name for name, said in found if word in said}


async def test_readers_find_what_they_found_before_there_were_drafts(house: House) -> None:
    """To the letter, and so with every count."""
    for reader, found in house.after.items():
        assert words(found, WORD) == words(found, NEW) == set()
        assert found == house.before[reader]


@pytest.mark.parametrize("role", [Role.AUTHOR, Role.ADMIN])
async def test_editors_find_what_is_out_where_readers_do(house: House, role: Role) -> None:
    """A draft beside what is out is in its revisions alone, but for new labels, whose making is on record.

    What was never out they see by their permissions.
    """
    found = await house.seen(viewer_with_role(role))
    assert words(found, WORD) <= {"Query.auditLog"}
    hidden = {"Query.products", "Query.product", "Category.products", "Query.services"}
    assert bool(words(found, NEW) & hidden) == (role is not Role.AUTHOR)
    assert "Query.posts" in words(found, NEW)


async def test_every_way_leads_a_preview_to_drafts(house: House) -> None:
    """As somebody with every permission, so that no way is closed: whatever gives things with drafts gives drafts."""
    everybody = Viewer(user_id=house.shop.buyer.user_id, grants=ROLE_PERMISSIONS[Role.ADMIN], preview=EVERYTHING)
    walk = walk_of(everybody, arguments_on(house.shop))
    found = await house.seen(everybody)
    assert walk.edges - words(found, WORD) - words(found, NEW) == set()
    assert len(walk.edges) > 25


async def test_preview_connection_shows_no_draft_without_a_token(house: House) -> None:
    """Whatever goes wrong above the database: the views hold what readers see unless a session says otherwise."""
    walk = walk_of(VISITOR, arguments_on(house.shop))
    previews = house.engine.sync_engine.get_execution_options()["previews"]
    answer = await answered(REFERENCE, previews, GraphQLRequest(walk.document))
    assert answer.data is not None
    assert walk.found(answer.data) == house.after["visitor"]


@pytest.mark.parametrize("model", [models.Post, models.Product])
async def test_walk_finds_a_leak(house: House, model: type[models.Base], monkeypatch: pytest.MonkeyPatch) -> None:
    """With a rule that lets everything through."""

    def leaks(_row: Any, _viewer: Viewer, _owned: bool) -> ColumnElement[bool]:
        return true()

    monkeypatch.setattr(visibility, "PREDICATES", {**visibility.PREDICATES, model: leaks})
    walk = walk_of(VISITOR, arguments_on(house.shop))
    answer = await answered(REFERENCE, house.engine, GraphQLRequest(walk.document))
    assert answer.data is not None
    assert words(walk.found(answer.data), NEW) & {f"Query.{model.__tablename__}", "Query.menus"}


def test_walk_goes_everywhere() -> None:
    """Each type with drafts is met, in many places."""
    walk = walk_of(viewer_with_role(Role.ADMIN), lambda step: None if has_required(step) else "")
    assert len(walk.edges) > 25
    assert len({edge.partition(".")[0] for edge in walk.edges}) > 14
