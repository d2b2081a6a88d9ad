"""Python code that turns a row's tuple into the response, written while a plan is traced.

Functions take the row `r` and the request's own values `p`. What clients name (aliases) enters the code only
through `repr` of a string, types and places only as literals of this package.
"""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from compiler.errors import NotCompilableError, Reason
from domain.vault import Place, Vault
from resolvers.ordering import EPOCH, SEPARATOR

MICROSECOND = timedelta(microseconds=1)

Shape = Callable[[Any, list[Any]], Any]


class ShapeWriter:
    """Collects the functions of one plan. Without a vault, what is sealed is left to the reference executor."""

    def __init__(self, vault: Vault | None) -> None:
        self._functions: list[str] = []
        self._constants: dict[str, Any] = {}
        self._vault = vault

    def constant(self, value: Any) -> str:
        """The name of a value of ours, such as a function, in the code."""
        name = f"c{len(self._constants)}"
        self._constants[name] = value
        return name

    def function(self, body: str, arguments: str = "r, p") -> str:
        """Add a function that returns the expression `body`; gives its name."""
        return self.block(f"return {body}", arguments)

    def block(self, statements: str, arguments: str) -> str:
        """Add a function of several statements; gives its name."""
        name = f"f{len(self._functions)}"
        indented = "\n".join(f"    {line}" for line in statements.splitlines())
        self._functions.append(f"def {name}({arguments}):\n{indented}\n")
        return name

    def compiled(self, name: str) -> Shape:
        """The named function, ready to run."""
        namespace: dict[str, Any] = {
            "cursor": cursor,
            "gid": global_id,
            "microseconds": microseconds,
            "when": written_datetime,
            "json": orjson.Fragment,
            "loads": orjson.loads,
            "needed": needed,
            "opened": partial(opened, self._vault),
            "present": first_present,
            **self._constants,
        }
        source = "\n".join(self._functions)
        exec(compile(source, "<plan>", "exec"), namespace)  # noqa: S102 - code of this package, see the module's text
        return namespace[name]  # type: ignore[no-any-return]


def needed(row: Any) -> Any:
    """A row that may not be null; without it the reference executor tells what is wrong."""
    if row is None:
        raise NotCompilableError(Reason.RUNTIME, "a row is missing")
    return row


def opened(vault: Vault | None, sealed: bytes | None, table: str, column: str, key: str) -> str | None:
    """The plain text of a sealed column. What does not open is for the reference executor to tell."""
    if sealed is None:
        return None
    if vault is None:
        raise NotCompilableError(Reason.RUNTIME, "there is no vault")
    return vault.open(sealed, Place(table, column, UUID(key)))


def first_present(*values: Any) -> Any:
    """The first value that is not None, if there is one; an empty object is one."""
    return next((value for value in values if value is not None), None)


def global_id(prefix: bytes, key: str) -> str:
    """The global id of a row; the same as resolvers.ids.encode_id."""
    return b64encode(prefix + key.encode()).decode()


def cursor(tag: str, key: str, row: str) -> str:
    """A cursor from the tag with its separator, the sort key as text and the row's id."""
    return b64encode(f"{tag}{key}{SEPARATOR}{row}".encode()).decode()


def microseconds(moment: datetime) -> int:
    """The time since 1970, as cursors hold it."""
    return (moment - EPOCH) // MICROSECOND


def written_datetime(value: datetime | None) -> str | None:
    """A timestamp as the DateTime scalar writes it; asyncpg gives UTC."""
    if value is None:
        return None
    text = value.isoformat(timespec="milliseconds") if value.tzinfo is UTC else _in_utc(value)
    return text[:23] + "Z"


def _in_utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds")
