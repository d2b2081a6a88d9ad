"""Who is measured: how each server is started, as one process, and which operations it can answer."""

import secrets
import sys
import sysconfig
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from benchmarks.operations import Dialect

ROOT = Path(__file__).parent.parent
PEERS = Path(__file__).parent / "peers"
NODE_FOLDER = PEERS / "runtime"
NODE = NODE_FOLDER / "node_modules" / ".bin" / "node"
OURS = "merkato"
CACHED = "merkato-cached"
CONSTANT = "constant"
SIGNED_IN = "merkato-signed-in"
WITHOUT_PREVIEWS = "merkato-without-previews"
CACHE_BYTES = 32_000_000
MERKATO = (str(Path(sysconfig.get_path("scripts"), "merkato")), "serve", "--port", "{port}")
POOL_SIZE = 10
"""How many connections to the database each server may open."""

SHARED = frozenset({"product", "list", "posts", "fields", "search", "filter"})
GRAPHQL = SHARED | {"texts"}
OWN = GRAPHQL | {"page-first", "page-deep"}


class Kind(StrEnum):
    """What a contestant is to us."""

    OURS = "ours"
    CEILING = "ceiling"
    PEER = "peer"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server. `{port}` in its command is where it is to listen; it finds the database in its environment."""

    name: str
    title: str
    kind: Kind
    command: Sequence[str]
    operations: frozenset[str]
    dialect: Dialect = Dialect.MERKATO
    folder: Path = ROOT
    packages: Sequence[str] = ()
    """What its version is told by: installed Python or npm packages."""
    environment: Mapping[str, str] = field(default_factory=dict)
    signs_in: bool = False
    """Whether its requests are those of people who are signed in."""
    previews: bool = False
    """Whether its requests carry a preview token for all drafts."""

    @property
    def is_compared(self) -> bool:
        """Whether its answers mean anything."""
        return self.name != CONSTANT

    @property
    def is_node(self) -> bool:
        """Whether npm installs it."""
        return (self.folder / "package.json").exists()


def list_contestants() -> list[Contestant]:
    """Every contestant, in the order of the report."""
    return [
        Contestant(
            OURS,
            "**Merkato**",
            Kind.OURS,
            MERKATO,
            OWN,
            packages=("strawberry-graphql", "asyncpg", "uvicorn"),
            environment=_production(response_cache_bytes=0),
        ),
        Contestant(
            CACHED,
            "Merkato, from its response cache",
            Kind.OURS,
            MERKATO,
            OWN,
            packages=("strawberry-graphql", "asyncpg", "uvicorn"),
            environment=_production(response_cache_bytes=CACHE_BYTES),
        ),
        Contestant(
            SIGNED_IN,
            "Merkato, signed in",
            Kind.OURS,
            MERKATO,
            OWN,
            packages=("strawberry-graphql", "asyncpg", "uvicorn"),
            environment=_production(response_cache_bytes=0),
            signs_in=True,
        ),
        Contestant(
            "reference",
            "Merkato, reference executor",
            Kind.OURS,
            served("benchmarks.servers.reference:create_app"),
            OWN,
            packages=("strawberry-graphql", "sqlalchemy"),
            environment=_production(response_cache_bytes=0),
        ),
        Contestant(
            "hand-written",
            "Ceiling: raw ASGI, hand-written SQL",
            Kind.CEILING,
            served("benchmarks.servers.hand_written:app"),
            SHARED,
            packages=("asyncpg", "orjson", "uvicorn"),
        ),
        Contestant(
            CONSTANT,
            "Ceiling: a constant ASGI answer",
            Kind.CEILING,
            served("benchmarks.servers.constant:app"),
            frozenset({"product"}),
            packages=("uvicorn", "httptools", "uvloop"),
        ),
        _node("mercurius", "Mercurius", ("mercurius", "fastify", "pg")),
        _node("postgraphile", "PostGraphile", ("postgraphile", "pg"), Dialect.POSTGRAPHILE),
        _node("yoga", "GraphQL Yoga", ("graphql-yoga", "dataloader", "pg")),
        Contestant(
            "strawberry",
            "Strawberry, SQLAlchemy, data loaders",
            Kind.PEER,
            served("benchmarks.peers.strawberry_sqlalchemy.app:create_app"),
            GRAPHQL,
            packages=("strawberry-graphql", "sqlalchemy", "uvicorn"),
        ),
    ]


def served(application: str) -> tuple[str, ...]:
    """The command that serves an application as `merkato serve` does: one process, uvloop, no access log."""
    return (sys.executable, "-m", "benchmarks.servers", application, "{port}")


def _node(name: str, title: str, packages: Sequence[str], dialect: Dialect = Dialect.MERKATO) -> Contestant:
    command = (str(NODE), "server.js")
    return Contestant(name, title, Kind.PEER, command, GRAPHQL, dialect, PEERS / name, packages)


def _production(*, response_cache_bytes: int) -> Mapping[str, str]:
    return {
        "APP_ENV": "production",
        "WORKERS": "1",
        "LOG_LEVEL": "warning",
        "DATABASE_POOL_SIZE": str(POOL_SIZE),
        "RESPONSE_CACHE_BYTES": str(response_cache_bytes),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "JWT_SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": f"benchmark:{b64encode(secrets.token_bytes(32)).decode()}",
        "FRONTEND_URL": "https://shop.example",
        "MAIL_FROM": "post@shop.example",
        "SMTP_HOST": "localhost",
        "RATE_LIMIT_READS": "1000000000",  # counted, and never refused
    }
