"""Python code that turns a row's tuple into the response, written while a plan is traced.

Functions take the row `r` and the request's own values `p`. What clients name (aliases) enters the code only
through `repr` of a string, types and places only as literals of this package.
"""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from compiler.errors import NotCompilableError, Reason

Shape = Callable[[Any, list[Any]], Any]


class ShapeWriter:
    """Collects the functions of one plan."""

    def __init__(self) -> None:
        self._functions: list[str] = []

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
            "gid": global_id,
            "when": written_datetime,
            "json": orjson.Fragment,
            "loads": orjson.loads,
            "needed": needed,
            "present": first_present,
        }
        source = "\n".join(self._functions)
        exec(compile(source, "<plan>", "exec"), namespace)  # noqa: S102 - code of this package, see the module's text
        return namespace[name]  # type: ignore[no-any-return]


def needed(row: Any) -> Any:
    """A row that may not be null; without it the reference executor tells what is wrong."""
    if row is None:
        raise NotCompilableError(Reason.RUNTIME, "a row is missing")
    return row


def first_present(*values: Any) -> Any:
    """The first value that is not None, if there is one; an empty object is one."""
    return next((value for value in values if value is not None), None)


def global_id(prefix: bytes, key: str) -> str:
    """The global id of a row; the same as resolvers.ids.encode_id."""
    return b64encode(prefix + key.encode()).decode()


def written_datetime(value: datetime | None) -> str | None:
    """A timestamp as the DateTime scalar writes it; asyncpg gives UTC."""
    if value is None:
        return None
    text = value.isoformat(timespec="milliseconds") if value.tzinfo is UTC else _in_utc(value)
    return text[:23] + "Z"


def _in_utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds")
