"""What a field of a mutation's input accepts. A rule gives the value that the mutation gets, or says what is wrong."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from typing_extensions import override

from domain.json_values import UNSTORABLE, fault_of
from resolvers.errors import BadInputError
from resolvers.ids import GlobalId, decode_id, decode_id_of

PICTURE = re.compile(r"(https?://|/)[^\s\\]+")


class RefusedValueError(ValueError):
    """A value that a rule does not accept. Its text tells the client why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Accepts whatever the type of the field does: booleans, enums, dates, and the objects of nested inputs."""

    clearable: bool = False
    """Whether null is a value, which clears what is stored."""

    def accepted(self, value: Any) -> Any:
        """What the mutation gets for the value. Raises RefusedValueError."""
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRule(Rule):
    """Text of some length, in characters."""

    longest: int
    shortest: int = 0

    @override
    def accepted(self, value: str) -> str:
        if UNSTORABLE.search(value):
            raise RefusedValueError("It must not hold the NUL character (U+0000) or a lone surrogate. Remove it.")
        if len(value) > self.longest:
            raise RefusedValueError(f"It has {len(value)} characters; {self.longest} are the most.")
        if len(value.strip()) < self.shortest:
            raise RefusedValueError(_too_short(len(value.strip()), self.shortest))
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRule(TextRule):
    """The address of a picture, on the web or on the site that shows it. Any other scheme could be a script."""

    @override
    def accepted(self, value: str) -> str:
        address = TextRule.accepted(self, value)
        if not PICTURE.fullmatch(address):
            raise RefusedValueError("It must begin with https://, http:// or /, and hold no spaces.")
        return address


def _too_short(length: int, shortest: int) -> str:
    return f"It has {length} characters; {shortest} are the least." if length else "It must not be empty."


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRule(Rule):
    """A number within bounds, both of which it may be."""

    least: int | Decimal
    most: int | Decimal

    @override
    def accepted(self, value: int | Decimal) -> int | Decimal:
        if not self.least <= value <= self.most:
            raise RefusedValueError(f"It must be from {self.least} to {self.most}.")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRule(Rule):
    """The global id of an object of one type, of which the mutation gets the key."""

    type_name: str

    @override
    def accepted(self, value: str) -> Any:
        try:
            return decode_id_of(self.type_name, value)
        except BadInputError as error:
            raise RefusedValueError(error.message) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyKeyRule(Rule):
    """The global id of an object of one of several types, which the mutation gets with its type."""

    type_names: tuple[str, ...]

    @override
    def accepted(self, value: str) -> GlobalId:
        try:
            named = decode_id(value)
        except BadInputError as error:
            raise RefusedValueError(error.message) from error
        if named.type_name not in self.type_names:
            raise RefusedValueError(f"It names a {named.shown_type}; one of {', '.join(self.type_names)} is expected.")
        return named


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonRule(Rule):
    """A JSON object of some length, in bytes, and with some levels."""

    longest: int
    deepest: int

    @override
    def accepted(self, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise RefusedValueError("It must be an object.")
        fault = fault_of(value, longest=self.longest, deepest=self.deepest)
        if fault is not None:
            raise RefusedValueError(": ".join(filter(None, (".".join(fault.path), fault.message))))
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRule(Rule):
    """A list of some length, with a rule for each item."""

    most: int
    least: int = 0
    item: Rule

    @override
    def accepted(self, value: list[Any]) -> list[Any]:
        if len(value) > self.most:
            raise RefusedValueError(f"It holds {len(value)} items; {self.most} are the most.")
        if len(value) < self.least:
            raise RefusedValueError(f"It holds {len(value)} items; {self.least} are the least.")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedRule(Rule):
    """An input object within another, of which `makes` makes what the mutation gets."""

    makes: Callable[..., Any]
