"""Problems: what keeps a mutation from doing what it was asked for. Each is the twin of a DomainError."""

from collections.abc import Callable
from typing import TypeVar

import strawberry
from strawberry.utils.str_converters import to_camel_case

from domain.errors import ConflictError, DomainError, InvalidInputError
from resolvers.mutations import Refusal
from schema.declare import field

Twin = TypeVar("Twin", bound=type)


@strawberry.interface(description="Why a mutation changed nothing. Each kind of problem has details of its own.")
class Problem:
    """What all problems share."""

    message: str = field(
        lambda refusal, _info: str(refusal.error), "What is wrong, in words that may be shown to anybody."
    )


def problem(error: type[DomainError], description: str) -> Callable[[Twin], Twin]:
    """Tie a problem to the error that it shows; its fields are the error's attributes."""

    def is_type_of(value: object, _info: object) -> bool:
        return isinstance(value, Refusal) and isinstance(value.error, error)

    def decorate(cls: Twin) -> Twin:
        cls.error = error  # type: ignore[attr-defined]
        cls.is_type_of = staticmethod(is_type_of)  # type: ignore[attr-defined]
        return strawberry.type(cls, description=description)

    return decorate


@strawberry.type(description="A value of the input that was refused.")
class InvalidField:
    """A refused value."""

    path: list[str] = strawberry.field(description="Where it stands: names of fields and, in lists, places from 0.")
    message: str = strawberry.field(description="What is wrong with it.")


@problem(InvalidInputError, "Some of the input can never be accepted. Nothing was changed.")
class InvalidInput(Problem):
    """All that is wrong with the input."""

    fields: list[InvalidField] = strawberry.field(description="The refused values, 20 at the most.")


@problem(ConflictError, "Somebody else has changed the object since it was read. Nothing was changed.")
class Conflict(Problem):
    """Read it again, and decide anew."""

    expected_version: int = strawberry.field(description="The version that was expected.")
    current_version: int = strawberry.field(description="The version that is stored.")
    conflicting_fields: list[str] = field(
        lambda refusal, _info: [to_camel_case(name) for name in refusal.error.fields],
        "The fields that both changed, as the input calls them. Empty where a change is never merged with another.",
    )
