"""Inputs of mutations: each field is one line that says what it accepts.

    @mutation_input("What is told of oneself.")
    class UpdateProfileInput:
        first_name: str | None = text("The first name.", longest=100, shortest=1)
        avatar_url: str | None = text("A picture of the person.", longest=500, clearable=True)

Fields that may be null may be absent. The rules themselves are in resolvers/input_rules.py.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import NoneType
from typing import Any, TypeVar, get_args

import strawberry
from strawberry.types import get_object_definition
from strawberry.types.arguments import InputContext

from resolvers.input_rules import (
    AnyKeyRule,
    JsonRule,
    KeyRule,
    ListRule,
    NestedRule,
    NumberRule,
    PictureRule,
    Rule,
    TextRule,
)
from resolvers.inputs import RULE, GivenInput

Input = TypeVar("Input", bound=type)

MOST_ITEMS = 100
"""The most items of a list in an input, unless it says otherwise."""

HIGHEST_VERSION = 2**31 - 1
"""What the column of a version has room for."""

LONGEST_URL = 2_048


class UndeclaredInputError(TypeError):
    """A field of an input says nothing of what it accepts."""


def mutation_input(description: str) -> Callable[[Input], Input]:
    """An input type of mutations, each of whose fields is declared with a rule. Raises UndeclaredInputError."""

    def decorate(cls: Input) -> Input:
        for name, annotation in cls.__annotations__.items():
            declared: Any = getattr(cls, name, None)
            if RULE not in (getattr(declared, "metadata", None) or {}):
                raise UndeclaredInputError(f"{cls.__name__}.{name} is declared without what it accepts.")
            if NoneType in get_args(annotation):
                declared.default = declared.default_value = strawberry.UNSET
        made = strawberry.input(cls, description=description)
        get_object_definition(made, strict=True).from_input = _as_given
        return made

    return decorate


def _as_given(declared: type, values: Mapping[str, Any], _context: InputContext) -> GivenInput:
    """Instead of an object of the type, which strawberry would make: the rules read the values as they are."""
    return GivenInput(declared, values)


def text(description: str, *, longest: int, shortest: int = 0, clearable: bool = False) -> Any:
    """Text, its length in characters. With `shortest` spaces around it do not count."""
    return _field(description, TextRule(longest=longest, shortest=shortest, clearable=clearable))


def picture_address(description: str, *, longest: int) -> Any:
    """Where a picture is; null for none."""
    return _field(
        f"{description}, from https://, http:// or /; null for none.", PictureRule(longest=longest, clearable=True)
    )


def number(description: str, *, least: int | Decimal, most: int | Decimal, clearable: bool = False) -> Any:
    """A number within bounds, both of which it may be."""
    return _field(description, NumberRule(least=least, most=most, clearable=clearable))


def key(description: str, type_name: str, *, clearable: bool = False) -> Any:
    """The global id of an object of one type; the mutation gets its key."""
    return _field(description, KeyRule(type_name=type_name, clearable=clearable))


def key_of_any(description: str, *type_names: str) -> Any:
    """The global id of an object of one of these types; the mutation gets it with its type."""
    return _field(description, AnyKeyRule(type_names=type_names))


def json_object(description: str, *, longest: int, deepest: int, clearable: bool = False) -> Any:
    """A JSON object: its length in bytes, and its levels."""
    return _field(description, JsonRule(longest=longest, deepest=deepest, clearable=clearable))


def choice(description: str, *, clearable: bool = False) -> Any:
    """A value whose type says it all: a boolean, an enum, a date."""
    return _field(description, Rule(clearable=clearable))


def nested(description: str, makes: Callable[..., Any], *, clearable: bool = False) -> Any:
    """An input object within this one; the mutation gets what `makes` makes of its fields."""
    return _field(description, NestedRule(makes=makes, clearable=clearable))


def items(description: str, item: Rule, *, most: int = MOST_ITEMS, least: int = 0, clearable: bool = False) -> Any:
    """A list, each of whose items keeps the rule `item`."""
    return _field(description, ListRule(most=most, least=least, item=item, clearable=clearable))


def _field(description: str, rule: Rule) -> Any:
    return strawberry.field(description=description, metadata={RULE: rule})
