"""Compares what somebody was answered with what the SDL declares: values where it permits, refusals where not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from auth.permissions import Gate
from resolvers.errors import ForbiddenError, UnauthenticatedError
from tests.access.cover import Selected, is_open
from tests.access.people import Person

Path = tuple[str | int, ...]
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """An error that tells why a field has no value."""

    path: Path
    code: str
    message: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path))}: {self.code}, {self.message}"


class Inspection:
    """What was found in the answers to one person."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self.visited: dict[str, bool] = {}
        """The fields whose objects were reached, and whether they ever had a value, or were refused as declared."""
        self.ids: dict[str, set[str]] = {}
        """The ids that were shown, by their types."""
        self.faults: list[str] = []
        """What is not as declared."""

    def read(self, selected: Iterable[Selected], body: Json) -> None:
        """Take in the answer to an operation with that selection."""
        refused: set[Refused] = set()
        if body.get("data") is None:
            self.faults.append(f"There is no data but {body.get('errors')}.")
            return
        self._object(selected, body["data"], (), refused)
        told = {refusal(each) for each in body.get("errors", ())}
        self.faults += [f"{error} This was not declared." for error in told - refused]
        self.faults += [f"{error} This is declared and does not come." for error in refused - told]

    def require_values(self, selected: Iterable[Selected]) -> None:
        """Find fault with what is guarded or opened and has no value in any object, which proves nothing."""
        for each in selected:
            if not is_open(each.step, self._person):
                continue
            has_value = self.visited.get(str(each.step), False)
            if not has_value and (each.requires or not each.is_leaf):
                self.faults.append(f"{each.step} has no value anywhere: tests.factories should make one.")
            for fields in each.below.values() if has_value else ():
                self.require_values(fields)

    def _object(self, selected: Iterable[Selected], source: Json, path: Path, refused: set[Refused]) -> None:
        for each in selected:
            value, place, name = source[each.key], (*path, each.key), str(each.step)
            if self._person.may(each.requires):
                self.visited[name] = self.visited.get(name, False) or _is_value(value, each)
                self._value(each, value, place, refused)
                continue
            refused.add(declared(place, str(each.requires)))
            self.visited[name] = True
            if value is not None:
                self.faults.append(f"{name} is shown, though it requires {each.requires}.")

    def _value(self, selected: Selected, value: Any, place: Path, refused: set[Refused]) -> None:
        if isinstance(value, list):
            for number, item in enumerate(value):
                self._value(selected, item, (*place, number), refused)
        elif selected.below and value is not None:
            self._object(selected.below[value["__typename"]], value, place, refused)
        elif selected.step.name == "id":
            self.ids.setdefault(selected.step.type.name, set()).add(value)


def refusal(error: Json) -> Refused:
    """An error as clients are told of it."""
    return Refused(tuple(error.get("path", ())), error["extensions"]["code"], error["message"])


def declared(path: Path, requirement: str) -> Refused:
    """What whoever does not meet the requirement is to be told."""
    error = UnauthenticatedError() if requirement == Gate.SIGNED_IN else ForbiddenError(requirement)
    return Refused(path, str((error.extensions or {})["code"]), error.message)


def _is_value(value: Any, selected: Selected) -> bool:
    """Whether something was shown. A list of plain values that everybody may see may be empty."""
    return value is not None and (value != [] or (selected.is_leaf and not selected.requires))
