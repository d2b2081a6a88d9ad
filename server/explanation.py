"""What a request that asks for it is told of how it was answered (`extensions.merkato`), and what it costs (`cost`).

A request asks by its own extensions: `{"query": …, "extensions": {"merkato": {"explain": true}}}`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from auth.permissions import Permission
from auth.viewer import Viewer
from compiler.errors import NotCompilableError
from compiler.plan import tables_of
from resolvers.context import AnySelect, Reading

EXTENSION = "merkato"
"""The name of our part of `extensions`, in requests and in answers."""


class ExecutorName(StrEnum):
    """What answered an operation."""

    COMPILED = "compiled"
    REFERENCE = "reference"
    NONE = "none"
    """It was refused before it ran."""


class Found(StrEnum):
    """What a cache had."""

    HIT = "hit"
    TEMPLATE = "template"
    """A text that differs in its literals only."""
    SHARED = "shared"
    """A statement under way for another request."""
    MISS = "miss"
    OFF = "off"
    """The cache was not asked."""


class Database(StrEnum):
    """Where an answer was read."""

    PRIMARY = "primary"
    REPLICA = "replica"


@dataclass(slots=True)
class Explanation:
    """Taken down while one operation is answered."""

    document: Found = Found.OFF
    plan: Found = Found.OFF
    response: Found = Found.OFF
    refusal: NotCompilableError | None = None
    """Why the compiled executor did not answer."""
    statements: int = 0
    database_seconds: float = 0.0
    database: Database | None = None
    """None when nothing was read for this request."""
    tables: set[str] = field(default_factory=set)
    cost: int | None = None
    """None when the request was refused before it was known."""

    def add_statement(self, seconds: float) -> None:
        """A compiled statement, and how long it took."""
        self.statements += 1
        self.database_seconds += seconds

    def add_reading(self, reading: Reading, observed: Iterable[AnySelect]) -> None:
        """What the reference executor read."""
        if reading.statements:
            self.database = Database.PRIMARY
        self.statements += reading.statements
        self.database_seconds += reading.seconds
        for statement in observed:
            self.tables |= tables_of(statement)

    def shown(self, executor: ExecutorName, maximum_cost: int) -> dict[str, Any]:
        """As the client gets it."""
        return {
            "cost": self.cost and {"requested": self.cost, "maximum": maximum_cost},
            EXTENSION: {
                "executor": executor,
                "notCompiled": self.refusal and {"reason": self.refusal.reason, "detail": self.refusal.detail},
                "documentCache": self.document,
                "planCache": self.plan,
                "responseCache": self.response,
                "statements": self.statements,
                "databaseMilliseconds": round(self.database_seconds * 1000, 3),
                "database": self.database,
                "tables": sorted(self.tables),
            },
        }


def asks(extensions: Mapping[str, Any] | None) -> bool:
    """Whether the extensions of a request ask for an explanation."""
    ours = extensions.get(EXTENSION) if extensions else None
    return isinstance(ours, dict) and ours.get("explain") is True


def may_ask(viewer: Viewer, *, visitors: bool) -> bool:
    """Whether the viewer gets explanations; visitors do where a setting says so."""
    return viewer.may(Permission.DIAGNOSTICS_READ) or (visitors and viewer.is_anonymous)


def denial() -> dict[str, Any]:
    """What a viewer who may not ask is told."""
    return {EXTENSION: {"error": f"Explanations need the permission {Permission.DIAGNOSTICS_READ}."}}
