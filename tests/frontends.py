"""Frontends of a shop that runs trusted documents only: they name what they ask for by its id, and follow events."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import orjson

from tests.patience import PATIENCE_SECONDS
from tests.server.websockets.talking import Talk, talking, until

MANIFEST = Path(__file__).parents[1] / "documents.json"
NAMED = re.compile(r"^(?:query|mutation|subscription) (\w+)", re.MULTILINE)

Json = dict[str, Any]


def read_ids() -> Mapping[str, str]:
    """The ids of the documents of `queries/` by the names of their operations."""
    texts: dict[str, str] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    return {name: key for key, text in texts.items() for name in NAMED.findall(text)}


class Follower:
    """A subscription, and the events that it was told of."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._told: asyncio.Queue[Json] = asyncio.Queue()

    async def until(self, **fields: Any) -> Json:
        """Wait for an object with these fields; those before it are forgotten."""
        return (await self.all_until(**fields))[-1]

    async def all_until(self, **fields: Any) -> list[Json]:
        """Wait for an object with these fields; gives what was told until then, which is forgotten, and it."""
        found = list[Json]()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not found or any(found[-1][name] != value for name, value in fields.items()):
                found.append(await self._told.get())
        return found

    async def listen(self) -> None:
        """Take down what is said, and say that somebody is there."""
        async for frame in self._talk.connection:
            message = orjson.loads(frame)
            if message["type"] == "ping":
                await self._talk.send("pong")
                continue
            assert message["type"] == "next", message
            (told,) = message["payload"]["data"].values()
            self._told.put_nowait(told)


@dataclass(frozen=True, slots=True)
class Frontend:
    """Somebody's browser, which keeps what it is told to send."""

    http: httpx.AsyncClient
    headers: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=read_ids)

    async def ask(self, name: str, /, **variables: Any) -> Json:
        """The data of the answer to a document."""
        body = {"documentId": self.ids[name], "variables": variables}
        response = await self.http.post("/graphql", json=body, headers=dict(self.headers))
        answer: Json = response.json()
        assert "errors" not in answer, answer
        return dict(answer["data"])

    async def send(self, name: str, /, **given: Any) -> Json:
        """The result of a mutation."""
        ((_, result),) = (await self.ask(name, **({"input": given} if given else {}))).items()
        return dict(result)

    async def done(self, name: str, /, **given: Any) -> Json:
        """The same, of a mutation that must do what it is asked for."""
        result = await self.send(name, **given)
        assert "message" not in result, result
        return result

    async def signed_in(self, email: str, password: str) -> "Frontend":
        """The same with a session; whatever a guest has put into a cart is the account's then."""
        session = await self.done("SignIn", email=email, password=password)
        return replace(self, headers={"authorization": f"Bearer {session['accessToken']}"})

    @asynccontextmanager
    async def following(self, name: str) -> AsyncIterator[Follower]:
        """Follow a subscription while the block runs, as the only one of that server's clients to do so."""
        address = str(self.http.base_url).rstrip("/")
        async with talking(address) as talk, asyncio.TaskGroup() as group:
            await talk.introduce(self.headers)
            await talk.send("subscribe", id="live", payload={"documentId": self.ids[name]})
            await until(address, f"subscriptions {re.sub('(?<!^)(?=[A-Z])', '_', name).lower()}", 1)
            follower = Follower(talk)
            listening = group.create_task(follower.listen())
            yield follower
            listening.cancel()
