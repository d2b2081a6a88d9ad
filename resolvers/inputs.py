"""The input of a mutation: checked as a whole before the mutation runs, which gets its fields as keyword arguments.

Absent fields are not handed over, so that the mutation's own defaults hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, fields
from functools import cache
from typing import Any

from strawberry.types import get_object_definition
from strawberry.types.base import StrawberryContainer, StrawberryType
from strawberry.utils.str_converters import to_camel_case

from domain.errors import InvalidField, InvalidInputError
from resolvers.input_rules import ListRule, NestedRule, RefusedValueError, Rule

ARGUMENT = "input"
"""The name of a mutation's only argument."""

RULE = "rule"
"""Where the metadata of an input's field holds its rule."""

MOST_FAULTS = 20
"""The most fields that an answer complains of."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GivenInput:
    """An input object as a client gave it, coerced to its types; an object of it would only be taken apart again."""

    declared: type
    values: Mapping[str, Any]
    """By what clients call the fields; what was left out is not there."""


@dataclass(frozen=True, slots=True)
class InputField:
    """A field of a declared input."""

    name: str
    given_name: str
    """What clients call it."""
    rule: Rule
    type: Any
    """Of the value, or of the items in it."""


def arguments_of(given: GivenInput) -> dict[str, Any]:
    """The fields of an input object as the mutation gets them. Raises InvalidInputError for all that is wrong."""
    faults: list[InvalidField] = []
    arguments = _accepted(given.declared, given.values, (ARGUMENT,), faults)
    if faults:
        raise InvalidInputError(faults[:MOST_FAULTS])
    return arguments


def within_input(error: InvalidInputError) -> InvalidInputError:
    """A refusal of a rule, which knows keywords only, with the paths that the client knows."""
    return InvalidInputError(
        InvalidField((ARGUMENT, *map(to_camel_case, field.path)), field.message) for field in error.fields
    )


def input_name(field: Field[Any]) -> str:
    """What clients call a field of an input."""
    return getattr(field, "graphql_name", None) or to_camel_case(field.name)


@cache
def _fields_of(declared: Any) -> Sequence[InputField]:
    types = {each.python_name: each.resolve_type() for each in get_object_definition(declared, strict=True).fields}
    return [
        InputField(each.name, input_name(each), each.metadata[RULE], _innermost(types[each.name]))
        for each in fields(declared)
    ]


def _innermost(kind: StrawberryType | type) -> StrawberryType | type:
    return _innermost(kind.of_type) if isinstance(kind, StrawberryContainer) else kind


def _accepted(declared: type, given: Mapping[str, Any], path: Path, faults: list[InvalidField]) -> dict[str, Any]:
    return {
        field.name: _value(field.rule, field.type, given[field.given_name], (*path, field.given_name), faults)
        for field in _fields_of(declared)
        if field.given_name in given
    }


def _value(rule: Rule, kind: Any, value: Any, path: Path, faults: list[InvalidField]) -> Any:
    if value is None:
        if not rule.clearable:
            faults.append(InvalidField(path, "It must not be null. Leave it out, or give it a value."))
        return None
    try:
        accepted = rule.accepted(value)
    except RefusedValueError as refused:
        faults.append(InvalidField(path, str(refused)))
        return None
    if isinstance(rule, ListRule):
        return [_value(rule.item, kind, item, (*path, str(place)), faults) for place, item in enumerate(accepted)]
    if isinstance(rule, NestedRule):
        return _nested(rule, kind, accepted, path, faults)
    return accepted


def _nested(rule: NestedRule, kind: type, given: Mapping[str, Any], path: Path, faults: list[InvalidField]) -> Any:
    """What the inner fields make, unless one of them is wrong."""
    known = len(faults)
    made = _accepted(kind, given, path, faults)
    return None if len(faults) > known else rule.makes(**made)
