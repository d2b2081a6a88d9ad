"""Services are edited in versions with their tiers; what visitors see changes when it is published."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer
from domain.rendering import render_texts
from models import Role, Service, ServiceTier
from resolvers.ids import decode_id_of, encode_id
from tests.api import codes_of, data_of
from tests.editors import edited, editor
from tests.factories import new_id, shared_engine, writing
from tests.statements import scalar

Json = dict[str, Any]

TIERS = [
    {"name": "Essential", "price": "500.00", "features": ["By phone"]},
    {"name": "Yearly", "price": "5000.00", "billingPeriod": "YEARLY"},
    {"name": "Secret", "price": "1.00", "isVisible": False},
]


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for all tests here; each has services of its own."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def hana(shop: AsyncEngine) -> Viewer:
    """Somebody of the staff."""
    return await editor(shop, Role.STAFF)


async def new_service(engine: AsyncEngine, viewer: Viewer, title: str, *, is_out: bool = True) -> Json:
    """A service with three prices, one of which visitors do not see."""
    made = await edited(engine, viewer, "CreateService", title=title, type="SUPPORT", tiers=TIERS)
    if is_out:
        return await edited(engine, viewer, "PublishService", id=made["id"], expectedVersion=1)
    return made


async def seen(engine: AsyncEngine, service: Json, viewer: Viewer = VISITOR) -> Json | None:
    """The service as the viewer reads it."""
    query = """query($id: ID!) { service(id: $id) { title slug icon
        tiers { name position billingPeriod price { amount currencyCode } } } }"""
    found: Json | None = (await data_of(engine, query, {"id": service["id"]}, viewer))["service"]
    return found


def names(service: Json | None) -> list[str]:
    """Of its tiers, in their order."""
    return [tier["name"] for tier in (service or {"tiers": []})["tiers"]]


async def test_tiers_are_published_with_their_service(shop: AsyncEngine, hana: Viewer) -> None:
    made = await new_service(shop, hana, "Network audit", is_out=False)
    assert (made["version"], made["isVisible"], made["slug"], names(made)) == (
        1,
        False,
        "network-audit",
        ["Essential", "Yearly", "Secret"],
    )
    assert await seen(shop, made) is None
    await edited(shop, hana, "PublishService", id=made["id"], expectedVersion=1)
    before = await seen(shop, made)
    assert before == {
        "title": "Network audit",
        "slug": "network-audit",
        "icon": None,
        "tiers": [
            {
                "name": "Essential",
                "position": 0,
                "billingPeriod": "ONE_TIME",
                "price": {"amount": "500.00", "currencyCode": "ETB"},
            },
            {
                "name": "Yearly",
                "position": 1,
                "billingPeriod": "YEARLY",
                "price": {"amount": "5000.00", "currencyCode": "ETB"},
            },
        ],
    }
    first, second, secret = [tier["id"] for tier in made["tiers"]]
    wish = {
        "icon": "shield",
        "removeTiers": [secret],
        "updateTiers": [{"id": first, "name": "Yearly"}, {"id": second, "name": "Essential", "position": 0}],
        "addTiers": [{"name": "Secret", "price": "2.00"}],
    }
    draft = await edited(shop, hana, "UpdateService", id=made["id"], expectedVersion=1, **wish)
    assert (draft["version"], draft["hasDraft"], await seen(shop, made)) == (2, True, before)
    await edited(shop, hana, "PublishService", id=made["id"], expectedVersion=2)
    after = await seen(shop, made)
    assert (names(after), (after or {})["icon"]) == (["Essential", "Yearly", "Secret"], "shield")
    assert await scalar(shop, select(ServiceTier.name).where(ServiceTier.id == decode_id_of("ServiceTier", first))) == (
        "Yearly"
    )

    back = await edited(shop, hana, "RestoreServiceRevision", id=made["id"], expectedVersion=2, version=1)
    assert (back["version"], back["hasDraft"]) == (3, True)
    await edited(shop, hana, "PublishService", id=made["id"], expectedVersion=3)
    assert await seen(shop, made) == before
    gone = await edited(shop, hana, "UnpublishService", id=made["id"], expectedVersion=3)
    assert (gone["isVisible"], await seen(shop, made)) == (False, None)


async def test_tier_that_is_meant_twice_changes_nothing(shop: AsyncEngine, hana: Viewer) -> None:
    made = await new_service(shop, hana, "Twice", is_out=False)
    tier = made["tiers"][0]["id"]
    of_one = {"id": made["id"], "expectedVersion": 1, "updateTiers": [{"id": tier, "price": "7"}]}

    twice = {**of_one, "updateTiers": [*of_one["updateTiers"], {"id": tier, "price": "8"}]}
    for wish in (twice, {**of_one, "removeTiers": [tier]}):
        refused = await edited(shop, hana, "UpdateService", **wish)
        assert refused["fields"] == [{"path": ["input", "updateTiers"], "message": "Each may stand there once."}]

    after = await edited(shop, hana, "UpdateService", **of_one)
    assert (after["version"], after["tiers"][0]["price"]["amount"]) == (2, "7.00")


async def test_editors_of_different_tiers_are_merged(shop: AsyncEngine, hana: Viewer) -> None:
    made = await new_service(shop, hana, "Merged", is_out=False)
    tiers = [tier["id"] for tier in made["tiers"]]
    changes = [
        edited(shop, hana, "UpdateService", id=made["id"], expectedVersion=1, updateTiers=[{"id": tier, "price": "7"}])
        for tier in tiers
    ]
    added = edited(
        shop, hana, "UpdateService", id=made["id"], expectedVersion=1, addTiers=[{"name": "New", "price": "7"}]
    )
    rivals = [
        edited(shop, hana, "UpdateService", id=made["id"], expectedVersion=1, title=f"Of {number}")
        for number in range(3)
    ]
    results = await asyncio.gather(*changes, added, *rivals)
    kinds = [result["__typename"] for result in results]
    assert kinds[:4] == ["Service"] * 4
    assert sorted(kinds[4:]) == ["Conflict", "Conflict", "Service"]
    row_id = decode_id_of("Service", made["id"])
    assert await scalar(shop, select(func.sum(ServiceTier.price)).where(ServiceTier.service_id == row_id)) == 28
    assert await scalar(shop, select(Service.version).where(Service.id == row_id)) == 6


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"addTiers": [{"name": "Yearly", "price": "1"}]}, "tiers"),
        ({"removeTiers": [encode_id("ServiceTier", new_id())]}, "tiers"),
        ({"slug": "A"}, "slug"),
    ],
)
async def test_services_without_sense_are_refused(shop: AsyncEngine, hana: Viewer, given: Json, path: str) -> None:
    made = await new_service(shop, hana, f"Odd {new_id()}")
    refused = await edited(shop, hana, "UpdateService", id=made["id"], expectedVersion=1, **given)
    assert [field["path"] for field in refused["fields"]] == [["input", path]]
    assert await scalar(shop, select(Service.version).where(Service.slug == made["slug"])) == 1


async def test_service_in_the_trash_is_there_for_nobody(shop: AsyncEngine, hana: Viewer) -> None:
    made = await new_service(shop, hana, "Discontinued")
    read = [{"id": made["id"], "expectedVersion": 1}]
    assert (await edited(shop, hana, "TrashServices", items=read))["results"] == [{"outcome": "DONE"}]
    tier = made["tiers"][0]["id"]
    query = 'query($id: ID!) { node(id: $id) { id } search(query: "discontinued") { totalCount } }'
    for viewer in (VISITOR, hana):
        assert await seen(shop, made, viewer) is None
        assert await data_of(shop, query, {"id": tier}, viewer) == {"node": None, "search": {"totalCount": 0}}
    assert (await edited(shop, hana, "RestoreServices", ids=[made["id"]]))["results"] == [{"outcome": "DONE"}]
    assert (await seen(shop, made), names(await seen(shop, made, hana))) == (None, ["Essential", "Yearly", "Secret"])


async def test_revisions_of_services_are_for_those_who_see_invisible_ones(shop: AsyncEngine, hana: Viewer) -> None:
    made = await new_service(shop, hana, "Guarded")
    query = "query($id: ID!) { service(id: $id) { revisions { nodes { content } } } }"
    author = await editor(shop, Role.AUTHOR)
    assert await codes_of(shop, query, {"id": made["id"]}, author) == ["FORBIDDEN"]
    nodes = (await data_of(shop, query, {"id": made["id"]}, hana))["service"]["revisions"]["nodes"]
    assert [tier["name"] for tier in nodes[0]["content"]["tiers"].values()] == ["Essential", "Yearly", "Secret"]


async def test_each_of_many_services_stands_by_itself(shop: AsyncEngine, hana: Viewer) -> None:
    first, second = [await new_service(shop, hana, title, is_out=False) for title in ("One of two", "Two of two")]
    items = [
        {"id": first["id"], "expectedVersion": 3, "title": "Ahead"},
        {"id": second["id"], "expectedVersion": 1, "title": "Fit"},
    ]
    results = (await edited(shop, hana, "UpdateServices", items=items))["results"]
    assert [each["problem"] and each["problem"]["__typename"] for each in results] == ["Conflict", None]
    assert [each["service"]["version"] for each in results] == [1, 2]
    async with writing(shop) as session:
        assert (await session.get_one(Service, decode_id_of("Service", second["id"]))).title == "Fit"


async def test_description_is_rendered_when_it_comes_out(shop: AsyncEngine, hana: Viewer) -> None:
    made = await new_service(shop, hana, "Fibre")
    text = "We **splice** fibre: [prices](/services/fibre)<script>alert(1)</script>"
    await edited(shop, hana, "UpdateService", id=made["id"], expectedVersion=1, description=text)
    query = 'query($id: ID!) { service(id: $id) { descriptionHtml } services(search: "splice") { totalCount } }'
    before = await data_of(shop, query, {"id": made["id"]})
    await edited(shop, hana, "PublishService", id=made["id"], expectedVersion=2)
    after = await data_of(shop, query, {"id": made["id"]})

    html = (
        '<p>We <strong>splice</strong> fibre: <a href="/services/fibre" rel="noopener noreferrer">prices</a>'
        "&lt;script&gt;alert(1)&lt;/script&gt;</p>"
    )
    assert before == {"service": {"descriptionHtml": ""}, "services": {"totalCount": 0}}
    assert after == {"service": {"descriptionHtml": html}, "services": {"totalCount": 1}}

    async with writing(shop) as session:
        await session.execute(update(Service).values(rendering=0, description_html="", plain_text=""))
    assert await data_of(shop, query, {"id": made["id"]}) == {**before, "services": {"totalCount": 1}}
    async with writing(shop) as session:
        assert await render_texts(session) is False
    assert await data_of(shop, query, {"id": made["id"]}) == after
