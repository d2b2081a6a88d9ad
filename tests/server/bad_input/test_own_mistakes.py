"""Unexpected errors: masked, logged once, and without harm to others."""

import json
import logging
import re
from typing import NoReturn
from uuid import UUID

import httpx
import pytest
import strawberry
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR
from resolvers.context import Context
from server.app import create_app
from server.document_preparation import INTROSPECTABLE
from server.graphql_execution import Answer, Executor
from server.graphql_request import GraphQLRequest
from tests.databases import settings_for
from tests.server.bad_input.asking import HEADERS, assert_refused, recorded


@strawberry.type
class Faulty:
    """A schema whose fields go wrong."""

    @strawberry.field
    def raising(self) -> str | None:
        """A field with a mistake in it."""
        raise RuntimeError("postgres://app:hunter2@db")

    @strawberry.field
    def overflowing(self) -> int | None:
        """A value that its type cannot hold."""
        return 2**40

    @strawberry.field
    def missing(self) -> str:
        """A value that should be there."""
        return None  # type: ignore[return-value]  # the mistake

    @strawberry.field
    def sound(self) -> str:
        """A field without a mistake."""
        return "sound"


FAULTY = Executor(strawberry.Schema(Faulty), rules=INTROSPECTABLE)


async def run_faulty(engine: AsyncEngine, query: str) -> Answer:
    """The answer of the schema whose fields go wrong."""
    async with Context(engine, VISITOR) as context:
        return await FAULTY.run(GraphQLRequest(query), context)


@pytest.mark.parametrize("field", ["raising", "overflowing", "missing"])
async def test_unexpected_errors_are_masked_and_logged_once(demo_engine: AsyncEngine, field: str) -> None:
    with recorded() as records:
        body = (await run_faulty(demo_engine, f"{{ {field} }}")).body()

    (record,) = records
    (error,) = body["errors"]
    reference = error["extensions"]["reference"]
    assert re.fullmatch("[0-9a-f]{32}", reference)
    assert error["message"] == f"Something went wrong on the server. Reference: {reference}."
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "reference": reference}
    assert error["path"] == [field]
    assert record.levelno == logging.ERROR
    assert reference in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[1] is not None
    assert record.exc_info[1].__traceback__ is not None


async def test_unexpected_errors_leave_the_other_fields(demo_engine: AsyncEngine) -> None:
    with recorded() as records:
        answer = await run_faulty(demo_engine, "{ raising sound }")

    assert len(records) == 1
    assert answer.status() == 200
    assert answer.body()["data"] == {"raising": None, "sound": "sound"}
    assert "hunter2" not in json.dumps(answer.body())


async def test_unexpected_errors_outside_fields_are_masked_and_logged_once(
    demo_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_given: object, **_named: object) -> NoReturn:
        raise RuntimeError("postgres://app:hunter2@db")

    monkeypatch.setattr(Executor, "run", fail)
    application = httpx.ASGITransport(create_app(settings_for(demo_url)))
    with recorded() as records:
        async with httpx.AsyncClient(transport=application, base_url="http://api", headers=HEADERS) as client:
            response = await client.post("/graphql", json={"query": "{ __typename }"})

    (record,) = records
    assert record.exc_info is not None
    error = assert_refused(response, 500, "INTERNAL_SERVER_ERROR", "Something went wrong on the server.")
    assert UUID(error["extensions"]["reference"]).hex in record.getMessage()
    assert "hunter2" not in response.text
