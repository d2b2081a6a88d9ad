"""Menus are set as a whole, lead where the viewer may go, and lose nobody's work."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer
from models import MenuItem, PublishingStatus, Revision
from resolvers.ids import encode_id
from tests.api import data_of
from tests.editors import document, edited, editor
from tests.factories import (
    add_category,
    add_page,
    add_post,
    add_post_category,
    add_product,
    add_service,
    new_id,
    shared_engine,
    writing,
)
from tests.statements import count_rows

Json = dict[str, Any]


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each has menus of its own."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def almaz(shop: AsyncEngine) -> Viewer:
    """An editor."""
    return await editor(shop)


async def read(engine: AsyncEngine, code: str, viewer: Viewer = VISITOR) -> Json:
    """The menu as the viewer reads it."""
    found: Json = (await data_of(engine, document("Menu"), {"code": code}, viewer))["menu"]
    return found


def line(label: str, **more: Any) -> Json:
    """A line of a menu that is set."""
    return {"label": label, **more}


async def test_menu_leads_to_what_the_viewer_may_see(shop: AsyncEngine, almaz: Viewer) -> None:
    async with writing(shop) as session:
        things: dict[str, Any] = {
            "page": await add_page(session, slug="about"),
            "post": await add_post(session, slug="news"),
            "postCategory": await add_post_category(session, slug="guides"),
            "category": await add_category(session, slug="እንጀራ"),
            "product": await add_product(session, slug="pan"),
            "service": await add_service(session, slug="repair"),
        }
        draft = await add_page(session, status=PublishingStatus.DRAFT, published_at=None)
        hidden = await add_product(session, is_active=False)
    ids = {name: encode_id(type(row).__name__, row.id) for name, row in things.items()}
    leads = [line(name, target={name: key}) for name, key in ids.items()]
    secret = [
        line("Draft", target={"page": encode_id("Page", draft.id)}, items=[line("Below", target={"url": "/"})]),
        line("Hidden", target={"product": encode_id("Product", hidden.id)}),
    ]
    elsewhere = line("Elsewhere", target={"url": "https://else.example"})
    items = [line("Shop", items=[line("More", items=leads), *secret]), *secret, elsewhere]

    made = await edited(shop, almaz, "SetMenu", code="main", name="Main", items=items)

    assert (made["__typename"], made["version"]) == ("Menu", 1)
    top, last = (await read(shop, "main"))["items"]
    assert (top["label"], top["href"], last["href"]) == ("Shop", None, "https://else.example")
    (more,) = top["items"]
    assert {each["label"]: each["href"] for each in more["items"]} == {
        "page": "/pages/about",
        "post": "/blog/news",
        "postCategory": "/blog/categories/guides",
        "category": "/categories/%E1%8A%A5%E1%8A%95%E1%8C%80%E1%88%AB",
        "product": "/products/pan",
        "service": "/services/repair",
    }
    labels = [each["label"] for each in (await read(shop, "main", almaz))["items"]]
    assert labels == ["Shop", "Draft", "Hidden", "Elsewhere"]


async def test_menu_changes_as_a_whole_for_who_has_read_it(shop: AsyncEngine, almaz: Viewer) -> None:
    first: Json = {"code": "foot", "name": "Foot", "items": [line("One", items=[line("Two")])]}
    await edited(shop, almaz, "SetMenu", **first)
    before = await count_rows(shop, MenuItem)
    attempts = [
        edited(shop, almaz, "SetMenu", code="foot", name="Foot", items=[line(str(number))], expectedVersion=1)
        for number in range(4)
    ]
    answers = await asyncio.gather(*attempts)
    assert sorted(answer["__typename"] for answer in answers) == ["Conflict", "Conflict", "Conflict", "Menu"]
    assert await count_rows(shop, MenuItem) == before - 1
    again = await edited(shop, almaz, "SetMenu", **first)
    assert [field["path"] for field in again["fields"]] == [["input", "expectedVersion"]]
    query = 'query { menu(code: "foot") { version revisions(first: 9) { nodes { content } } } }'
    found = (await data_of(shop, query, {}, almaz))["menu"]
    contents = [node["content"] for node in found["revisions"]["nodes"]]
    assert (found["version"], len(contents)) == (2, 2)
    assert contents[1]["items"][0]["items"] == [{"label": "Two", "target": {}, "items": []}]

    missing = await edited(shop, almaz, "SetMenu", **first | {"code": "nowhere", "expectedVersion": 1})
    assert missing["__typename"] == "MenuNotFound"


async def test_new_name_and_new_lines_are_merged(shop: AsyncEngine, almaz: Viewer) -> None:
    given: Json = {"code": "side", "name": "Side", "items": [line("One")]}
    await edited(shop, almaz, "SetMenu", **given)
    rows = await count_rows(shop, Revision)
    results = await asyncio.gather(
        edited(shop, almaz, "SetMenu", **given | {"name": "Left"}, expectedVersion=1),
        edited(shop, almaz, "SetMenu", **given | {"items": [line("Two")]}, expectedVersion=1),
        edited(shop, almaz, "SetMenu", **given, expectedVersion=1),
    )
    assert [each["__typename"] for each in results] == ["Menu"] * 3
    found = await read(shop, "side")
    assert (found["name"], [each["label"] for each in found["items"]], found["version"]) == ("Left", ["Two"], 3)
    assert await count_rows(shop, Revision) == rows + 2, "A change of nothing makes no version."
    late = await edited(shop, almaz, "SetMenu", **given | {"items": [line("Three")]}, expectedVersion=1)
    assert (late["__typename"], late["conflictingFields"]) == ("Conflict", ["items"])


async def test_old_version_of_a_menu_comes_back_and_is_compared_line_by_line(shop: AsyncEngine, almaz: Viewer) -> None:
    async with writing(shop) as session:
        page, other = await add_page(session, slug="us"), await add_page(session, slug="them")
    us, them = ({"page": encode_id("Page", row.id)} for row in (page, other))
    first: Json = {"code": "old", "name": "Old", "items": [line("Shop", items=[line("Us", target=us)]), line("Top")]}
    menu = (await edited(shop, almaz, "SetMenu", **first))["id"]
    second = {**first, "items": [line("Shop", items=[line("Us", target=them), line("New")])]}
    await edited(shop, almaz, "SetMenu", **second, expectedVersion=1)

    changes = await data_of(shop, document("RevisionChanges"), {"item": menu, "since": 1}, almaz, compiles=False)
    assert [(each["path"], each["before"], each["after"]) for each in changes["revisionChanges"]] == [
        (["items", "Shop", "items", "Us", "target", "page"], str(page.id), str(other.id)),
        (["items", "Shop", "items", "New"], None, {"label": "New", "target": {}, "items": []}),
        (["items", "Top"], {"label": "Top", "target": {}, "items": []}, None),
    ]
    given = {"id": menu, "version": 1}
    stale = await edited(shop, almaz, "RestoreMenuRevision", **given, expectedVersion=1)
    missing = await edited(shop, almaz, "RestoreMenuRevision", id=menu, expectedVersion=2, version=9)
    assert (stale["__typename"], missing["__typename"]) == ("Conflict", "RevisionNotFound")
    trashed = {"id": us["page"], "expectedVersion": 1}
    await edited(shop, almaz, "TrashPages", items=[trashed])
    refused = await edited(shop, almaz, "RestoreMenuRevision", **given, expectedVersion=2)
    assert [field["path"] for field in refused["fields"]] == [["input", "items", "0", "items", "0", "target", "page"]]
    await edited(shop, almaz, "RestorePages", ids=[us["page"]])

    back = await edited(shop, almaz, "RestoreMenuRevision", **given, expectedVersion=2)

    assert (back["__typename"], back["version"]) == ("Menu", 3)
    shop_line, top = (await read(shop, "old"))["items"]
    assert (shop_line["items"][0]["href"], top["label"]) == ("/pages/us", "Top")
    again = await edited(shop, almaz, "RestoreMenuRevision", **given, expectedVersion=3)
    assert again["version"] == 3, "It says so already."


async def test_menu_in_the_trash_is_there_for_nobody_and_keeps_its_code(shop: AsyncEngine, almaz: Viewer) -> None:
    given: Json = {"code": "gone", "name": "Gone", "items": [line("One")]}
    menu = (await edited(shop, almaz, "SetMenu", **given))["id"]
    stale = await edited(shop, almaz, "TrashMenus", items=[{"id": menu, "expectedVersion": 2}])
    put = await edited(shop, almaz, "TrashMenus", items=[{"id": menu, "expectedVersion": 1}])
    assert [each["results"][0]["outcome"] for each in (stale, put)] == ["CHANGED_MEANWHILE", "DONE"]
    query = "query($id: ID!) { node(id: $id) { id } menus(first: 100) { nodes { code } } }"
    for viewer in (VISITOR, almaz):
        found = await data_of(shop, query, {"id": menu}, viewer)
        assert [await read(shop, "gone", viewer), found["node"]] == [None, None]
        assert "gone" not in [each["code"] for each in found["menus"]["nodes"]]
    anew = await edited(shop, almaz, "SetMenu", **given)
    changed = await edited(shop, almaz, "SetMenu", **given, expectedVersion=1)
    restored = await edited(shop, almaz, "RestoreMenuRevision", id=menu, expectedVersion=1, version=1)
    answers = [each["__typename"] for each in (anew, changed, restored)]
    assert answers == ["InvalidInput", "MenuNotFound", "ItemNotFound"]

    await edited(shop, almaz, "RestoreMenus", ids=[menu])

    assert [each["label"] for each in (await read(shop, "gone"))["items"]] == ["One"]


async def test_menu_that_leads_astray_is_refused(shop: AsyncEngine, almaz: Viewer) -> None:
    twice = {"url": "/", "page": encode_id("Page", new_id())}
    items = [
        line("Script", target={"url": "javascript:alert(1)"}),
        line("Below", items=[line("Both", target=twice)]),
    ]
    refused = await edited(shop, almaz, "SetMenu", code="No code", name="Bad", items=items)
    assert [".".join(field["path"]) for field in refused["fields"]] == [
        "input.code",
        "input.items.0.target.url",
        "input.items.1.items.0.target",
    ]
    gone = [line("Gone", target={"page": encode_id("Page", new_id())})]
    refused = await edited(shop, almaz, "SetMenu", code="bad", name="Bad", items=gone)
    assert [field["path"] for field in refused["fields"]] == [["input", "items", "0", "target", "page"]]
    many = [line("x", items=[line("y")] * 50)] * 5
    refused = await edited(shop, almaz, "SetMenu", code="bad", name="Bad", items=many)
    assert refused["fields"][0]["message"] == "They are 255 lines in all; 200 are the most."
    assert await read(shop, "bad") is None
