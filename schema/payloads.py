"""Results of mutations that are no rows: values of the domain as types."""

from collections.abc import Callable
from typing import TypeVar

import strawberry

from resolvers.mutations import Done as DoneValue
from schema.declare import field

Payload = TypeVar("Payload", bound=type)


def payload(value: type, description: str) -> Callable[[Payload], Payload]:
    """Tie a type to the value that it shows."""

    def decorate(cls: Payload) -> Payload:
        cls.is_type_of = staticmethod(lambda given, _info: isinstance(given, value))  # type: ignore[attr-defined]
        return strawberry.type(cls, description=description)

    return decorate


@payload(DoneValue, "It is done, and there is nothing to show.")
class Done:
    """For changes without an object, and those whose answer is the same whatever there was to do."""

    done: bool = field(lambda _value, _info: True, "Always true.")
