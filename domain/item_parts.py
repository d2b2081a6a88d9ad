"""Parts of an item that its content holds by their ids, such as variants: changed, added and removed one by one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from domain.content_values import Content, as_json
from domain.errors import InvalidField, InvalidInputError, require_each_once

POSITION = "position"
"""The field of a part that says its place among its siblings, from 0."""


@dataclass(frozen=True, slots=True)
class PartChange:
    """What is to change of a part, by the fields of the input."""

    id: UUID
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Patch:
    """What is to become of an item's parts, by their ids. Of others nothing is said."""

    changed: Mapping[str, Content]
    added: Mapping[str, Content]
    removed: frozenset[str]

    def meets(self, read: Mapping[str, Content], stored: Mapping[str, Content]) -> bool:
        """Whether others have changed, since it was read, what is to change, and did not wish the same."""
        return any(self._meets(key, read.get(key), stored.get(key)) for key in (*self.changed, *self.removed))

    def _meets(self, key: str, read: Content | None, stored: Content | None) -> bool:
        if key in self.removed:
            return stored is not None and stored != read
        if read is None or stored is None:
            return read != stored
        return any(read.get(name) != stored.get(name) != value for name, value in self.changed[key].items())


def patch_of(name: str, blank: Content, given: Mapping[str, Any]) -> Patch | None:
    """What is given of the parts that a content calls `name`: new ones, changes of some, and ids of others.

    Raises InvalidInputError where one part is meant twice.
    """
    changed: Sequence[PartChange] = given.get(f"update_{name}", ())
    added: Sequence[Mapping[str, Any]] = given.get(name, given.get(f"add_{name}", ()))
    removed: Sequence[UUID] = given.get(f"remove_{name}", ())
    if not (changed or added or removed):
        return None
    require_each_once(f"update_{name}", [*(part.id for part in changed), *dict.fromkeys(removed)])
    return Patch(
        {str(part.id): _in_json(part.changes) for part in changed},
        {str(uuid7()): {**blank, **_in_json(part)} for part in added},
        frozenset(map(str, removed)),
    )


def keywords_of(name: str) -> frozenset[str]:
    """What inputs call changes of the parts that a content calls `name`."""
    return frozenset({name, *(f"{action}_{name}" for action in ("add", "update", "remove"))})


def overlaid(content: Content, given: Content) -> dict[str, Any]:
    """A content with what is given laid over it. Raises InvalidInputError when it has no such part."""
    values = {
        name: _patched(name, content.get(name, {}), value) if isinstance(value, Patch) else value
        for name, value in given.items()
    }
    return {**content, **values}


def _patched(name: str, parts: Mapping[str, Content], patch: Patch) -> dict[str, Content]:
    """The parts as they are to be, in places from 0 on."""
    if not parts.keys() >= {*patch.changed, *patch.removed}:
        raise InvalidInputError([InvalidField((name,), "There is none with one of these ids.")])
    last = len(parts) + len(patch.added)
    changed = {key: {**part, **patch.changed.get(key, {})} for key, part in parts.items() if key not in patch.removed}
    added = {key: {POSITION: last, **part} for key, part in patch.added.items()}
    placed = {key for key, part in {**patch.changed, **patch.added}.items() if POSITION in part}
    return _in_places({**changed, **added}, placed)


def _in_places(parts: Mapping[str, Content], placed: Collection[str]) -> dict[str, Content]:
    """Those whose place was said stand there; the others keep their order around them."""
    order = sorted(parts.keys() - placed, key=lambda key: (parts[key][POSITION], key))
    for key in sorted(placed & parts.keys(), key=lambda key: (parts[key][POSITION], key)):
        order.insert(parts[key][POSITION], key)
    return {key: {**parts[key], POSITION: place} for place, key in enumerate(order)}


def _in_json(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: as_json(value) for name, value in changes.items()}
