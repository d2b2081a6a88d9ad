"""What the shop's rules refuse, and how it is said."""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass

SHOWN_LENGTH = 60


class DomainError(Exception):
    """An expected refusal. Its text is a sentence or two that are safe to show to anybody."""


@dataclass(frozen=True, slots=True)
class InvalidField:
    """A value that no rule accepts: where it stands, by names and places in lists, and what is wrong with it."""

    path: tuple[str, ...]
    message: str


class InvalidInputError(DomainError):
    """Some of what was given can never be accepted, whatever is stored."""

    def __init__(self, fields: Iterable[InvalidField]) -> None:
        self.fields = tuple(fields)
        super().__init__(" ".join(f"{'.'.join(field.path)}: {field.message}" for field in self.fields))


class ConflictError(DomainError):
    """Somebody else has changed the object since it was read."""

    def __init__(self, expected_version: int, current_version: int, fields: Iterable[str] = ()) -> None:
        """`fields` are those that both changed, where changes of different fields are merged."""
        super().__init__(
            f"This was changed by somebody else: it is at version {current_version}, not {expected_version} any more."
        )
        self.expected_version = expected_version
        self.current_version = current_version
        self.fields = tuple(fields)


def invalid(field: str, message: str) -> InvalidInputError:
    """The refusal of a single value."""
    return InvalidInputError([InvalidField((field,), message)])


def require_each_once(field: str, keys: Collection[Hashable]) -> None:
    """Refuse a list in which something is meant twice, of which one would be lost. Raises InvalidInputError."""
    if len(frozenset(keys)) < len(keys):
        raise invalid(field, "Each may stand there once.")


def shown(text: str) -> str:
    """The text as a message quotes it: in one line, and cut when it is long."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_LENGTH else f"{line[:SHOWN_LENGTH]}…"
