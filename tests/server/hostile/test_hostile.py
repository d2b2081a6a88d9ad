"""Hundreds of hostile operations over HTTP, as forms and over a WebSocket, while somebody else is served."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import pytest

from models import Role
from server.app import create_app
from server.websocket_protocol import WebSocketProtocol
from tests.databases import settings_for
from tests.factories import add_shopful, shared_engine, writing
from tests.live import serving
from tests.patience import PATIENCE_SECONDS
from tests.server.bad_input.asking import LEAKS, recorded
from tests.server.forms import HEADERS, operation_form, sent
from tests.server.hostile.cases import Hostile, hostile_operations
from tests.server.websockets.talking import House, Json, Talk, talking

SHARE = 29
LONGEST_WAIT = 60
"""So many hostile operations at the most are answered between two answers to somebody else; three are, as a rule."""

UNHURRIED = {"operation_timeout_seconds": PATIENCE_SECONDS, "database_statement_timeout_seconds": PATIENCE_SECONDS}
"""A machine that is busy with much else is no fault of what is asked."""

CODE = re.compile("[A-Z]+(_[A-Z]+)+|FORBIDDEN|UNAUTHENTICATED|CONTENTION")
PATHS = re.compile(r"\.py\b|/(usr|work|home|root|tmp|var)/|site-packages|line \d+, in ")
CASES = list(hostile_operations(SHARE))


@dataclass(slots=True)
class Findings:
    """What the answers said."""

    answers: Counter[str] = field(default_factory=Counter)
    """By transport."""
    faults: list[str] = field(default_factory=list)
    is_over: bool = False
    waited: int = 0
    """How many were answered since somebody else was."""
    longest_wait: int = 0

    async def watch(self, http: httpx.AsyncClient) -> None:
        """Ask for something small again and again, and note how many others are answered between two answers."""
        while not self.is_over:
            response = await http.post("/graphql", json={"query": "{ shop { name } }"})
            assert response.json()["data"]["shop"]["name"]
            self.longest_wait, self.waited = max(self.longest_wait, self.waited), 0

    def read(self, transport: str, case: Hostile, status: int, body: Any) -> None:
        """Take an answer down, and what is wrong with it."""
        self.answers[transport] += 1
        self.waited += 1
        errors = body.get("errors", ())
        told = [error["message"] for error in errors] + [*_messages(body.get("data"))]
        codes = {error.get("extensions", {}).get("code", "") for error in errors}
        leaks = [found[0] for text in told if (found := LEAKS.search(text) or PATHS.search(text))]
        unfit = {code for code in codes if not CODE.fullmatch(code) or code == "INTERNAL_SERVER_ERROR"}
        if status >= 500 or leaks or unfit:
            self.faults.append(f"{transport} {case.name}: {status} {leaks} {unfit} {told}")


def _messages(data: Any) -> list[str]:
    """What problems say."""
    if isinstance(data, dict):
        own = [data["message"]] if isinstance(data.get("message"), str) else []
        return own + [text for each in data.values() for text in _messages(each)]
    return [text for each in data for text in _messages(each)] if isinstance(data, list) else []


@pytest.fixture(scope="module")
async def house(postgres: str, migrated: str) -> AsyncIterator[House]:
    """A shop with a few rows of everything, to which the tests here write as an administrator."""
    async with shared_engine(postgres, migrated) as engine:
        async with writing(engine) as session:
            await add_shopful(session, 2)
        settings = settings_for(engine.sync_engine.get_execution_options()["url"]).model_copy(update=UNHURRIED)
        with serving(create_app(settings), ws=WebSocketProtocol) as address:
            yield House(address, engine, settings)


async def by_http(http: httpx.AsyncClient, case: Hostile) -> tuple[int, Json]:
    """The answer to a case as JSON, or as a form where it needs a file."""
    response = await http.post("/graphql", **sent({"query": case.query, "variables": case.variables}, {}))
    return response.status_code, response.json()


async def by_form(http: httpx.AsyncClient, case: Hostile) -> tuple[int, Json]:
    """The answer to a case as a form, with a file that nobody asked for."""
    plain = case.without_files
    operation = plain | {"variables": plain["variables"] | {"another": None}}
    body = operation_form(operation, {"0": ["variables.another"]}, {"0": b"x"})
    response = await http.post("/graphql", content=body, headers=HEADERS)
    return response.status_code, response.json()


async def by_socket(talk: Talk, case: Hostile) -> tuple[int, Json]:
    """The answer to a case over a socket, which must outlive them all."""
    heard = await talk.ask(**case.without_files)
    assert [each["type"] for each in heard] in (["next", "complete"], ["error"])
    payload = heard[0]["payload"]
    return 200, payload if heard[0]["type"] == "next" else {"errors": payload}


async def test_hostile_operations_are_told_so_and_harm_nobody(house: House) -> None:
    findings, headers = Findings(), await house.somebody(Role.ADMIN)
    client = partial(httpx.AsyncClient, base_url=house.address, trust_env=False, timeout=PATIENCE_SECONDS)

    async with AsyncExitStack() as opened:
        http = await opened.enter_async_context(client(headers=headers))
        talk = await (await opened.enter_async_context(talking(house.address))).introduce(headers)
        neighbour = await opened.enter_async_context(client())
        ways = {"http": partial(by_http, http), "form": partial(by_form, http), "socket": partial(by_socket, talk)}

        async def attack(place: int, way: str) -> None:
            for case in CASES[place :: len(ways)]:
                findings.read(way, case, *await ways[way](case))

        serving_others = asyncio.create_task(findings.watch(neighbour))
        with recorded() as records:
            await asyncio.gather(*(attack(place, way) for place, way in enumerate(ways)))
        findings.is_over = True
        await serving_others

    assert findings.faults == []
    assert [record.getMessage() for record in records] == []
    assert sum(findings.answers.values()) == len(CASES) > 500
    assert min(findings.answers[way] for way in ways) > 150
    assert findings.longest_wait <= LONGEST_WAIT
