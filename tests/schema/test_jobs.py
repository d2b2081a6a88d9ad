"""Dead letters through the API: who sees them, what shows, and that they are replayed once."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, viewer_with_role
from models import Role
from resolvers.ids import encode_id
from tests.api import data_of
from tests.factories import add_dead_letter, writing
from tests.jobs import fetch
from tests.mutations import answer_to, changed
from tests.queries.test_documents import DOCUMENTS

LIST = "{ deadLetters { totalCount nodes { id name attempts lastError enqueuedAt failedAt } } }"
REPLAY, DROP = (
    next(path for path in DOCUMENTS if path.stem == name).read_text(encoding="utf-8")
    for name in ("ReplayDeadLetter", "DropDeadLetter")
)
ADMIN = viewer_with_role(Role.ADMIN)


async def test_permitted_staff_see_what_was_given_up_and_why(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        letter = await add_dead_letter(session)
    identifier = encode_id("DeadLetter", letter.id)

    seen = await data_of(engine, LIST, viewer=viewer_with_role(Role.ANALYST))

    (node,) = seen["deadLetters"]["nodes"]
    assert seen["deadLetters"]["totalCount"] == 1
    assert node.pop("failedAt")
    assert node == {
        "id": identifier,
        "name": "send_mail",
        "attempts": 12,
        "lastError": "OSError: away",
        "enqueuedAt": "2026-01-05T08:30:00.000Z",
    }


@pytest.mark.parametrize("role", [None, Role.CUSTOMER, Role.STAFF, Role.ANALYST])
async def test_others_neither_find_nor_replay_them(engine: AsyncEngine, role: Role | None) -> None:
    viewer = viewer_with_role(role) if role else VISITOR
    async with writing(engine) as session:
        letter = await add_dead_letter(session)
    identifier = encode_id("DeadLetter", letter.id)

    answer = await answer_to(engine, REPLAY, {"input": {"id": identifier}}, viewer)
    node = await data_of(engine, f'{{ node(id: "{identifier}") {{ id }} }}', viewer=viewer)

    assert answer.body()["data"] == {"replayDeadLetter": None}
    assert "jobs:write" in answer.body()["errors"][0]["message"]
    assert (node["node"] is None) == (role != Role.ANALYST)
    counts = "SELECT (SELECT count(*) FROM dead_letters), (SELECT count(*) FROM pgqueuer)"
    assert await fetch(engine, counts) == [(1, 0)]


async def test_dead_letter_is_replayed_once(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        letter = await add_dead_letter(session)
    variables = {"input": {"id": encode_id("DeadLetter", letter.id)}}

    first = await changed(engine, REPLAY, variables, ADMIN)
    second = await changed(engine, REPLAY, variables, ADMIN)

    assert first == {"replayDeadLetter": {"__typename": "ReplayedJob", "name": "send_mail"}}
    message = f"There is no dead letter {letter.id}. It may have been replayed or dropped already."
    assert second == {"replayDeadLetter": {"__typename": "DeadLetterNotFound", "message": message}}
    assert await fetch(engine, "SELECT headers->>'job_id' FROM pgqueuer") == [(str(letter.id),)]


async def test_dropped_dead_letter_is_gone_and_never_done(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        letter, _other = await add_dead_letter(session), await add_dead_letter(session)
    variables = {"input": {"id": encode_id("DeadLetter", letter.id)}}

    refused = await answer_to(engine, DROP, variables, viewer_with_role(Role.ANALYST))
    first = await changed(engine, DROP, variables, ADMIN)
    second = await changed(engine, REPLAY, variables, ADMIN)

    assert refused.body()["data"] == {"dropDeadLetter": None}
    assert first == {"dropDeadLetter": {"__typename": "DroppedJob", "name": "send_mail"}}
    assert second["replayDeadLetter"]["__typename"] == "DeadLetterNotFound"
    counts = "SELECT (SELECT count(*) FROM dead_letters), (SELECT count(*) FROM pgqueuer)"
    assert await fetch(engine, counts) == [(1, 0)]
