"""Whether contestants give the same answers, once each has been brought to one form.

Others may name an object by its bare key and mark a place in a list as they like. PostGraphile shows the tables'
columns: a price beside its currency, the name of an author, decimals as strings, times with microseconds.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import orjson

from benchmarks.errors import AbsentError
from benchmarks.operations import Operation
from benchmarks.serving import Server

SAMPLES = 25
"""How many requests of an operation are compared."""


def require_equal_answers(server: Server, reference: Server, operation: Operation, header: str | None = None) -> None:
    """Compare answers of two servers to sampled requests. Raises AbsentError when they differ.

    The header goes along to the first; what is asked for is the same for visitors.
    """
    own = operation.bodies[server.contestant.dialect]
    theirs = operation.bodies[reference.contestant.dialect]
    for place in range(0, len(own), max(1, len(own) // SAMPLES)):
        given, expected = _data(server, own[place], header), _data(reference, theirs[place])
        if given != expected:
            raise AbsentError(f"its answer differs {_difference(given, expected, 'data')}")


def _data(server: Server, body: bytes, header: str | None = None) -> Any:
    status, answer = server.ask(body, header)
    parsed = orjson.loads(answer)
    if status != 200 or "errors" in parsed or not _has_content(parsed["data"]):  # noqa: PLR2004 - HTTP's OK
        raise AbsentError(f"it answered {status} {answer[:300]!r}")
    return _canonical(parsed["data"])


def _has_content(data: Any) -> bool:
    """Whether there is something to compare: two servers that find nothing prove nothing."""
    return isinstance(data, dict) and all(value is not None for value in data.values())


def _canonical(value: Any, name: str = "") -> Any:
    if isinstance(value, list):
        return [_canonical(item, name) for item in value]
    if isinstance(value, dict):
        return _canonical_object({key: _canonical(item, key) for key, item in value.items()})
    return CANONICAL[name](value) if name in CANONICAL else value


def _canonical_object(fields: dict[str, Any]) -> dict[str, Any]:
    if "authorName" in fields:
        return fields | {"author": {"name": fields.pop("authorName")}}
    if isinstance(fields.get("price"), str):
        currency = {"currencyCode": fields.pop("currency")} if "currency" in fields else {}
        return fields | {"price": {"amount": fields["price"], **currency}}
    return fields


def _key(text: str) -> str:
    """The bare key in a global id."""
    try:
        return b64decode(text, validate=True).decode().partition(":")[2]
    except (Base64Error, UnicodeDecodeError):
        return text


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="milliseconds")


CANONICAL: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {"id": _key, "endCursor": lambda cursor: cursor is not None, "rating": float, "publishedAt": _moment}
)
"""The one form of fields that are written in different ways."""


def _difference(given: Any, expected: Any, where: str) -> str:
    """Where two values differ first, and how."""
    if isinstance(given, dict) and isinstance(expected, dict) and given.keys() == expected.keys():
        key = next(key for key in given if given[key] != expected[key])
        return _difference(given[key], expected[key], f"{where}.{key}")
    if isinstance(given, list) and isinstance(expected, list) and len(given) == len(expected):
        place = next(place for place in range(len(given)) if given[place] != expected[place])
        return _difference(given[place], expected[place], f"{where}[{place}]")
    return f"at {where}: {str(given)[:100]!r} instead of {str(expected)[:100]!r}"
