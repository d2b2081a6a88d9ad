"""The input of a mutation: checked as a whole before the mutation runs, which gets its fields as keyword arguments.

Absent fields are not handed over, so that the mutation's own defaults hold.
"""

from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any

import strawberry
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


def arguments_of(given: Any) -> dict[str, Any]:
    """The fields of an input object as the mutation gets them. Raises InvalidInputError for all that is wrong."""
    faults: list[InvalidField] = []
    arguments = _fields(given, (ARGUMENT,), faults)
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


def _fields(given: Any, path: Path, faults: list[InvalidField]) -> dict[str, Any]:
    return {
        field.name: _value(field.metadata[RULE], value, (*path, input_name(field)), faults)
        for field in fields(given)
        if (value := getattr(given, field.name)) is not strawberry.UNSET
    }


def _value(rule: Rule, value: Any, path: Path, faults: list[InvalidField]) -> Any:
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
        return [_value(rule.item, item, (*path, str(place)), faults) for place, item in enumerate(accepted)]
    if isinstance(rule, NestedRule):
        return _nested(rule, accepted, path, faults)
    return accepted


def _nested(rule: NestedRule, given: Any, path: Path, faults: list[InvalidField]) -> Any:
    """What the inner fields make, unless one of them is wrong."""
    known = len(faults)
    inner: Mapping[str, Any] = _fields(given, path, faults)
    return None if len(faults) > known else rule.makes(**inner)
