"""Drafts over HTTP: who holds a token sees them and keeps none of them, whoever holds another is told so."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

import models
from auth.previews import LONGEST_LIFETIME, Preview, PreviewTokens
from auth.signed_tokens import LEEWAY_SECONDS
from auth.viewer import Viewer
from models import Role
from resolvers.ids import decode_id, encode_id
from tests.drafts import EVERYTHING, NEW, WORD, Drafts, add_drafts, add_items
from tests.editors import document, editor
from tests.factories import add_release, add_release_item, shared_engine, writing
from tests.server.websockets.talking import talking
from tests.signed_in import Door, Headers, open_door
from tests.statements import execute

POST = "query($id: ID!) { post(id: $id) { title } }"
UNKNOWN_RELEASE = encode_id("Release", UUID("018f0000-0000-7000-8000-000000000001"))
IN_PYTHON = '{ resolvePath(path: "/blog/quokka") { status node { ... on Post { title } } } }'


@dataclass(frozen=True, slots=True)
class Shop:
    """A server on a shop with drafts."""

    door: Door
    engine: AsyncEngine
    editor: Viewer
    drafts: Drafts
    tokens: PreviewTokens

    def preview(self, preview: Preview = EVERYTHING, age: timedelta = timedelta()) -> Headers:
        """What whoever has such a token sends."""
        made = self.tokens.write(preview, uuid7(), datetime.now(UTC) - age, timedelta(minutes=5))
        return {"preview-token": made.text}

    def title(self, headers: Headers) -> object:
        """Of the post that has a draft."""
        body = self.ask(POST, headers, id=self.drafts.waiting.post).json()
        return body["data"]["post"]["title"] if "data" in body else body["errors"][0]["extensions"]["code"]

    def ask(self, query: str, headers: Headers, **variables: object) -> httpx.Response:
        """Ask by POST."""
        return self.door.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[Shop]:
    """For all tests here; none changes anything."""
    async with shared_engine(postgres, migrated) as engine:
        url = engine.sync_engine.get_execution_options()["url"]
        almaz = await editor(engine)
        drafts = await add_drafts(engine, almaz, await add_items(engine, almaz))
        with open_door(url) as door:
            yield Shop(door, engine, almaz, drafts, PreviewTokens([door.signing_key]))


async def test_editor_makes_a_token_that_shows_one_draft(shop: Shop) -> None:
    signed_in = shop.door.headers(shop.editor.user_id, Role.EDITOR)
    given = {"item": shop.drafts.waiting.post, "lifetimeMinutes": 30}
    made = shop.ask(document("CreatePreviewToken"), signed_in, input=given).json()["data"]["createPreviewToken"]
    assert made["__typename"] == "PreviewToken", made
    assert timedelta(minutes=25) < datetime.fromisoformat(made["expiresAt"]) - datetime.now(UTC) < timedelta(minutes=31)
    token = {"preview-token": made["text"]}
    assert shop.title(token) == f"The {WORD}"
    assert shop.title(signed_in) == "Coffee"
    assert shop.title({}) == "Coffee"
    page = "query($id: ID!) { page(id: $id) { title } }"
    assert shop.ask(page, token, id=shop.drafts.waiting.page).json() == {"data": {"page": {"title": "Terms"}}}


async def test_nobody_shows_what_they_do_not_see(shop: Shop) -> None:
    asked = document("CreatePreviewToken")
    author = shop.door.headers(role=Role.AUTHOR)
    refused = {
        "types": {"types": ["POST", "PRODUCT"]},
        "item": {"item": shop.drafts.waiting.product},
        "both": {"item": shop.drafts.waiting.post, "types": ["POST"]},
        "long": {"lifetimeMinutes": 24 * 60 + 1},
        "release": {"release": UNKNOWN_RELEASE},
        "odd": {"item": "UmV2aWV3OjAxOGYwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMQ=="},
    }
    for given in refused.values():
        assert shop.ask(asked, author, input=given).json()["data"]["createPreviewToken"]["__typename"] == "InvalidInput"
    gone = {"item": "UG9zdDowMThmMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDE="}
    assert shop.ask(asked, author, input=gone).json()["data"]["createPreviewToken"]["__typename"] == "ItemNotFound"
    made = shop.ask(asked, author, input={}).json()["data"]["createPreviewToken"]["text"]
    assert shop.tokens.read(made, datetime.now(UTC)) == Preview(frozenset({"pages", "posts"}))
    for headers in ({}, shop.door.headers()):
        body = shop.ask(asked, headers, input={}).json()
        assert body["data"] == {"createPreviewToken": None}


async def test_editor_makes_a_token_that_shows_a_release(shop: Shop) -> None:
    async with writing(shop.engine) as session:
        release = await add_release(session)
        key = decode_id(shop.drafts.waiting.post).key
        await add_release_item(session, release, post_id=key)
    signed_in, asked = shop.door.headers(shop.editor.user_id, Role.EDITOR), document("CreatePreviewToken")
    unknown = shop.ask(asked, signed_in, input={"release": UNKNOWN_RELEASE}).json()
    assert unknown["data"]["createPreviewToken"]["__typename"] == "ReleaseNotFound"
    given = {"release": encode_id("Release", release.id)}
    made = shop.ask(asked, signed_in, input=given).json()["data"]["createPreviewToken"]
    assert shop.title({"preview-token": made["text"]}) == f"The {WORD}"
    page = "query($id: ID!) { page(id: $id) { title } }"
    body = shop.ask(page, {"preview-token": made["text"]}, id=shop.drafts.waiting.page).json()
    assert body == {"data": {"page": {"title": "Terms"}}}


async def test_token_that_is_not_ours_is_neither_a_visit_nor_a_preview(shop: Shop) -> None:
    signed = shop.preview()["preview-token"]
    other = PreviewTokens(["x" * 48]).write(EVERYTHING, uuid7(), datetime.now(UTC), timedelta(minutes=5)).text
    access = shop.door.headers()["authorization"].removeprefix("Bearer ")
    for text in ("", "x", signed[:-2], f"{signed}x", other, access, "x" * 5_000):
        assert shop.title({"preview-token": text}) == "PREVIEW_INVALID", text
    answer = shop.door.http.post(
        "/graphql", json={"query": POST}, headers=[("preview-token", signed), ("preview-token", signed)]
    )
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (403, "PREVIEW_INVALID")
    assert shop.title({"authorization": f"Bearer {signed}"}) == "UNAUTHENTICATED"


async def test_token_is_good_until_its_time_is_over(shop: Shop) -> None:
    lifetime = timedelta(minutes=5)
    assert shop.title(shop.preview(age=lifetime - timedelta(minutes=2))) == f"The {WORD}"
    assert shop.title(shop.preview(age=lifetime + timedelta(seconds=LEEWAY_SECONDS + 2))) == "PREVIEW_EXPIRED"
    made = shop.tokens.write(EVERYTHING, uuid7(), datetime.now(UTC), timedelta(days=400))
    assert made.expires_at - datetime.now(UTC) <= LONGEST_LIFETIME


async def test_nobody_keeps_a_draft(shop: Shop) -> None:
    """Neither this process nor anybody between: not even with the very request that a visitor sent before and after."""
    given = {"query": "{ posts(sort: TITLE_ASC) { nodes { title } } }"}
    answers = []
    for headers in ({}, shop.preview(), {}, shop.preview(), {}):
        posted = shop.door.http.post("/graphql", json=given, headers=headers)
        gotten = shop.door.http.get("/graphql", params=given, headers=headers)
        assert posted.json() == gotten.json()
        assert (WORD in gotten.text) == bool(headers)
        assert "Preview-Token" in gotten.headers["vary"]
        assert posted.headers["cache-control"] == "no-store"
        answers.append(gotten)
    public, preview = answers[0], answers[1]
    assert preview.headers["cache-control"] == "private, no-store"
    assert "etag" not in preview.headers
    seen = {"if-none-match": public.headers["etag"]}
    assert shop.door.http.get("/graphql", params=given, headers=seen).status_code == 304
    assert shop.door.http.get("/graphql", params=given, headers={**seen, **shop.preview()}).status_code == 200


async def test_preview_reaches_fields_in_python(shop: Shop) -> None:
    assert shop.ask(IN_PYTHON, {}).json()["data"]["resolvePath"]["status"] == "MISSING"
    found = shop.ask(IN_PYTHON, shop.preview()).json()["data"]["resolvePath"]
    assert found == {"status": "FOUND", "node": {"title": f"The {WORD}"}}
    post = "query($id: ID!) { post(id: $id) { slug } }"
    slug = shop.ask(post, {}, id=shop.drafts.waiting.post).json()["data"]["post"]["slug"]
    moved = "query($path: String!) { resolvePath(path: $path) { status path } }"
    path = f"/blog/{slug}"
    assert shop.ask(moved, {}, path=path).json()["data"]["resolvePath"]["status"] == "FOUND"
    found = shop.ask(moved, shop.preview(), path=path).json()["data"]["resolvePath"]
    assert found == {"status": "MOVED", "path": f"/blog/{WORD}"}


async def test_previews_only_read(shop: Shop) -> None:
    for query in ("mutation { clearCart { __typename } }", "subscription { postPublished { title } }"):
        body = shop.ask(query, shop.preview()).json()
        assert body["errors"][0]["extensions"]["code"] == "PREVIEW_ONLY_READS", body
    async with talking(str(shop.door.http.base_url).rstrip("/")) as talk:
        await talk.send("connection_init", payload={"previewToken": shop.preview()["preview-token"]})
        assert await talk.end() == (4400, "Previews are read over HTTP. Leave out the preview token.")


async def test_no_document_of_the_site_tells_of_a_draft(shop: Shop) -> None:
    """Not to a preview either: they are for robots and feed readers."""
    await execute(shop.engine, update(models.Shop).values(site_url="https://shop.example"))
    for headers in ({}, shop.preview()):
        index = shop.door.http.get("/sitemap.xml", headers=headers).text
        parts = [urlsplit(address).path for address in re.findall("<loc>([^<]+)", index)]
        paths = ("/robots.txt", *(f"/feeds/posts.{form}" for form in ("rss", "atom", "json")), *parts)
        assert len(parts) >= 5
        for path in paths:
            answer = shop.door.http.get(path, headers=headers)
            assert answer.status_code == 200, path
            assert WORD not in answer.text, path
            assert NEW not in answer.text, path
        for path in (f"/r/blog/{WORD}", f"/r/products/{WORD}-lamp", f"/r/blog/new-{NEW}"):
            assert shop.door.http.get(path, headers=headers, follow_redirects=False).status_code == 404, path
    await execute(shop.engine, update(models.Shop).values(site_url=None))


async def test_preview_shows_what_is_somebodys_own_to_them_alone(shop: Shop) -> None:
    signed_in = shop.door.headers(shop.editor.user_id, Role.EDITOR)
    both = {**signed_in, **shop.preview()}
    query = "query($id: ID!) { viewer { id } post(id: $id) { title hasDraft internalNotes } }"
    body = shop.ask(query, both, id=shop.drafts.waiting.post).json()
    assert body["data"]["viewer"] is not None
    assert body["data"]["post"] == {"title": f"The {WORD}", "hasDraft": True, "internalNotes": WORD}
    alone = shop.ask(query, shop.preview(), id=shop.drafts.waiting.post).json()
    assert alone["data"]["viewer"] is None
    assert {error["extensions"]["code"] for error in alone["errors"]} == {"FORBIDDEN"}
