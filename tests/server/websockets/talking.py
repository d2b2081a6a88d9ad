"""Clients of the GraphQL endpoint over WebSocket, word by word."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.ext.asyncio import AsyncEngine
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from auth.tokens import AccessClaims, AccessTokens
from models import Role, User, UserSession
from server.settings import Settings
from tests.factories import add_session, add_user, writing
from tests.loopback import NO_AUTHORITIES
from tests.patience import PATIENCE_SECONDS

PROTOCOL = Subprotocol("graphql-transport-ws")

Json = dict[str, Any]


class Talk:
    """One socket, from the client's side."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, frame: str | bytes) -> None:
        """Send a frame, whatever it is."""
        await self.connection.send(frame)

    async def send(self, kind: str, **fields: object) -> None:
        """Send a message."""
        await self.say(orjson.dumps({"type": kind, **fields}).decode())

    async def hear(self) -> Json:
        """The next message."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            message: Json = orjson.loads(await self.connection.recv())
        return message

    async def introduce(self, headers: Mapping[str, str] | None = None) -> "Talk":
        """Say who is there, and be acknowledged."""
        await self.send("connection_init", payload=dict(headers or {}))
        assert await self.hear() == {"type": "connection_ack"}
        return self

    async def ask(self, query: str = "", **payload: object) -> list[Json]:
        """Everything that is said to an operation that ends."""
        await self.send("subscribe", id="asked", payload={"query": query, **payload})
        heard = [await self.hear()]
        while heard[-1]["type"] not in {"complete", "error"}:
            heard.append(await self.hear())
        return heard

    async def end(self) -> tuple[int, str]:
        """The code and the reason with which the server closes it; until then it may say what it likes."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed:
                return self.connection.close_code or 0, self.connection.close_reason or ""


@asynccontextmanager
async def talking(address: str, **options: Any) -> AsyncIterator[Talk]:  # of websockets
    """A socket to the server at that address."""
    offered = {"subprotocols": [PROTOCOL], "proxy": None, "open_timeout": PATIENCE_SECONDS, **options}
    async with connect(f"{address.replace('http', 'ws', 1)}/graphql", **offered) as connection:
        yield Talk(connection)


class House:
    """A server, its database, and the people who may come in."""

    def __init__(self, address: str, engine: AsyncEngine, settings: Settings) -> None:
        self.address = address
        self.engine = engine
        self._tokens = AccessTokens([settings.jwt_secret_key.get_secret_value()])

    async def sign_in(self, role: Role) -> tuple[User, UserSession]:
        """Somebody new with a session."""
        async with writing(self.engine) as session:
            user = await add_user(session, role=role)
            return user, await add_session(session, user)

    def headers(self, user: User, signed_in: UserSession, age: timedelta = timedelta()) -> dict[str, str]:
        """What they send in `connection_init`."""
        token = self._tokens.write(AccessClaims(user.id, signed_in.id, user.role), datetime.now(UTC) - age)
        return {"authorization": f"Bearer {token.text}"}

    async def somebody(self, role: Role) -> dict[str, str]:
        """What somebody new with that role sends."""
        return self.headers(*await self.sign_in(role))

    async def until(self, sample: str, value: float) -> None:
        """Wait until a number of this server has that value."""
        await until(self.address, sample, value)


async def until(address: str, sample: str, value: float) -> None:
    """Wait until a number of the metrics has that value; labels but for the process follow its name."""
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        httpx.AsyncClient(trust_env=False, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS) as http,
    ):
        while await _number(address, sample, http) != value:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def _number(address: str, sample: str, http: httpx.AsyncClient) -> float | None:
    text = (await http.get(f"{address}/metrics")).text
    samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
    named = {" ".join([each.name, *(v for k, v in each.labels.items() if k != "process")]): each for each in samples}
    found = named.get(f"merkato_{sample}")
    return None if found is None else found.value
