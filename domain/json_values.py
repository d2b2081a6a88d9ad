"""JSON from clients: whether it can be stored, is not too large, and how the same value is always written alike."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""What PostgreSQL cannot store in JSONB: NUL, and surrogates, which are halves of characters."""

LARGEST_INTEGER = 2**53
"""Beyond it JSON's readers do not agree."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JsonFault:
    """What is wrong with a value, and where in it."""

    path: Path
    message: str


def fault_of(value: Any, *, longest: int, deepest: int) -> JsonFault | None:
    """The first thing that is wrong with the value; it may have so many bytes as JSON, and such levels."""
    fault = next(_faults(value, (), deepest), None)
    if fault is None and (length := len(written(value))) > longest:
        return JsonFault((), f"It has {length} bytes; {longest} are the most.")
    return fault


def written(value: Any) -> bytes:
    """The value as JSON, the same for equal values: without white space, and with sorted keys."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _faults(value: Any, path: Path, levels: int) -> Iterator[JsonFault]:
    if levels == 0:
        yield JsonFault(path, "It lies too deep.")
    elif isinstance(value, str):
        yield from _text_faults(value, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _text_faults(key, path)
            yield from _faults(inner, (*path, key), levels - 1)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _faults(inner, (*path, str(place)), levels - 1)
    elif isinstance(value, int | float) and not abs(value) <= LARGEST_INTEGER:  # so that NaN is too large as well
        yield JsonFault(path, "The number is too large.")


def _text_faults(text: str, path: Path) -> Iterator[JsonFault]:
    if UNSTORABLE.search(text):
        yield JsonFault(path, "It must not hold the NUL character (U+0000) or a lone surrogate. Remove it.")
