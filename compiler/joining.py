"""Requests of one plan that are read together: by its statement, joined to a row of parameters for each of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import asyncpg

JOINED = """\
SELECT answer.*, requests_joined.place
FROM unnest({arrays}) WITH ORDINALITY AS requests_joined({names}, place)
CROSS JOIN LATERAL (SELECT * FROM ({sql}) AS one LIMIT 1) AS answer"""
"""LIMIT keeps PostgreSQL from planning for all rows at once: it runs the plan's own statement once for each."""

PARAMETER = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\d+)""")
"""A parameter, or a string or name in which something only looks like one."""

BRIEF_SECONDS = 0.002
"""What takes longer for each request is worth a connection of its own."""

RISE = 0.05
"""By how much of the difference the time that a request takes rises after a slower one. A faster one counts in full."""

REST_SECONDS = 60
"""For how long a plan's requests are read one by one after PostgreSQL refused to read them together."""


class NotJoinableError(Exception):
    """Requests of the plan cannot be read together: arrays of arrays have no rows."""


@dataclass(slots=True)
class Joining:
    """How the requests of one plan are read together, and whether they may be."""

    statement: str
    """The plan's own."""
    is_possible: bool
    """The statement has parameters, none of them an array, and gives one row at most."""
    sql: str | None = None
    """Written when it is needed first: PostgreSQL has to tell the types of the parameters."""
    seconds: float = 0
    """The least that a request took of late: more tells of the machine's load, and not of the statement."""
    rests_until: float = 0

    @property
    def is_due(self) -> bool:
        """Whether requests that come at the same time are to be read together."""
        return self.is_possible and self.seconds <= BRIEF_SECONDS and self.rests_until <= monotonic()

    def rest(self) -> None:
        """Read them one by one for a while."""
        self.rests_until = monotonic() + REST_SECONDS

    def note(self, seconds: float, requests: int) -> None:
        """It took so long to read as many by one statement."""
        each = seconds / requests
        self.seconds = min(each, self.seconds + RISE * (each - self.seconds))

    async def fetch(self, connection: asyncpg.Connection, requests: Sequence[Sequence[Any]]) -> list[Any]:
        """The row of each request, or None, by its parameters. Raises NotJoinableError, and what PostgreSQL refuses."""
        if self.sql is None:
            self.sql = await self._written(connection)
        found: list[Any] = [None] * len(requests)
        for row in await connection.fetch(self.sql, *map(list, zip(*requests, strict=True))):
            found[row[-1] - 1] = row  # columns are taken by their places, so that the last one does not matter
        return found

    async def _written(self, connection: asyncpg.Connection) -> str:
        kinds = (await connection.prepare(self.statement)).get_parameters()
        if any(kind.kind == "array" for kind in kinds):
            self.is_possible = False
            raise NotJoinableError
        # Within a SELECT, PostgreSQL does not see how long the arrays are and keeps one plan for all lengths.
        arrays = [f'(SELECT ${number}::"{kind.schema}"."{kind.name}"[])' for number, kind in enumerate(kinds, start=1)]
        return JOINED.format(
            arrays=", ".join(arrays),
            names=", ".join(f"p{number}" for number in range(1, len(kinds) + 1)),
            sql=PARAMETER.sub(_named, self.statement),
        )


def _named(token: re.Match[str]) -> str:
    number = token.group(1)
    return token.group() if number is None else f"requests_joined.p{number}"
