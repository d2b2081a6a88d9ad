"""Menus are set as a whole, lead where the viewer may go, and lose nobody's work."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer
from models import MenuItem, PublishingStatus
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

    missing = await edited(shop, almaz, "DeleteMenu", code="nowhere", expectedVersion=1)
    gone = await edited(shop, almaz, "DeleteMenu", code="foot", expectedVersion=2)
    assert (missing["__typename"], gone["__typename"]) == ("MenuNotFound", "Done")
    assert await count_rows(shop, MenuItem) == before - 2


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
