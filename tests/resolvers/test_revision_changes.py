"""Versions are compared for those who may see them: two revisions, or what readers see and the draft beside it."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer
from models import Role
from resolvers.ids import encode_id
from tests.api import codes_of
from tests.editors import document, edited, editor
from tests.factories import add_post, add_service, new_id, writing
from tests.mutations import answer_to

Json = dict[str, Any]

REFUSED = (["UNAUTHENTICATED"], ["FORBIDDEN"])


async def compared(engine: AsyncEngine, viewer: Viewer, item: str, **versions: int) -> list[Json] | None:
    """The changes as the viewer is told of them."""
    answer = await answer_to(engine, document("RevisionChanges"), {"item": item, **versions}, viewer)
    body = answer.body()
    assert "errors" not in body, body["errors"]
    found: list[Json] | None = body["data"]["revisionChanges"]
    return found


def change(path: str, before: Any, after: Any) -> Json:
    """A change as it is answered."""
    return {"path": path.split("."), "before": before, "after": after}


async def test_versions_of_a_post_are_compared(engine: AsyncEngine) -> None:
    almaz, author = await editor(engine), await editor(engine, Role.STAFF)
    async with writing(engine) as session:
        post = encode_id("Post", (await add_post(session, title="One", excerpt="")).id)
    assert await compared(engine, almaz, post) == []
    await edited(engine, almaz, "UpdatePost", id=post, expectedVersion=1, title="Two", tags=["Fresh"])
    await edited(engine, almaz, "UpdatePost", id=post, expectedVersion=2, title="Three")

    draft = [change("title", "One", "Three"), change("tags.fresh", None, "fresh")]
    assert await compared(engine, almaz, post) == draft, "From what readers see to the draft."
    assert await compared(engine, author, post, since=1, until=3) == draft, "Staff reads drafts."
    assert await compared(engine, almaz, post, since=2) == [change("title", "Two", "Three")]
    assert await compared(engine, almaz, post, since=3, until=2) == [change("title", "Three", "Two")]
    assert await compared(engine, almaz, post, since=9) is None
    for viewer in (VISITOR, await editor(engine, Role.CUSTOMER)):
        assert await codes_of(engine, document("RevisionChanges"), {"item": post}, viewer) in REFUSED


async def test_tiers_of_a_service_are_compared_by_their_ids(engine: AsyncEngine) -> None:
    almaz, author = await editor(engine), await editor(engine, Role.AUTHOR)
    async with writing(engine) as session:
        row = await add_service(session, icon="wrench")
    service = encode_id("Service", row.id)
    await edited(engine, almaz, "UpdateService", id=service, expectedVersion=1, addTiers=[{"name": "A", "price": "5"}])
    (added,) = await compared(engine, almaz, service) or []
    assert (added["path"][0], added["before"], added["after"]["price"]) == ("tiers", None, "5.00")
    assert await compared(engine, author, service) is None, "Authors write posts."
    assert await compared(engine, almaz, encode_id("Service", new_id())) is None
    assert await compared(engine, almaz, encode_id("Order", new_id())) is None
