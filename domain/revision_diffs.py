"""What is different between two versions of an item, field by field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.content_kinds import Item, Kind
from domain.content_values import Content
from domain.item_content import content_of
from domain.revisions import content_at
from models.publishing import Drafted

IDENTITIES: Final = ("url", "name", "label")
"""What objects of a list are known by, where they have it."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that says something else: what it said, and what it says. None where it was not, or is not any more."""

    path: Path
    before: Any
    after: Any


async def changes_between(
    session: AsyncSession, kind: Kind[Item], row_id: UUID, since: int | None, until: int | None
) -> list[FieldChange] | None:
    """The changes from one version to another; without numbers from what readers see to the newest one.

    None when there is no such item, or nobody kept one of the versions.
    """
    row = await session.get(kind.model, row_id)
    if row is None or row.deleted_at is not None:
        return None
    live = row.live_version if isinstance(row, Drafted) else row.version
    said = {live: await content_of(session, kind, row)}
    for version in {since, until, row.version} - {None, live}:
        content = await content_at(session, kind, row_id, version or live)
        said |= {} if content is None else {version or live: content}
    before, after = said.get(live if since is None else since), said.get(row.version if until is None else until)
    return None if before is None or after is None else differences(before, after)


def differences(before: Content, after: Content) -> list[FieldChange]:
    """What changed of a content, by paths. Parts and lists are compared by what their members are known by."""
    return list(_of_mappings((), before, after))


def _of_mappings(path: Path, before: Content, after: Content) -> Iterator[FieldChange]:
    for name in dict.fromkeys((*before, *after)):
        yield from _of_values((*path, name), before.get(name), after.get(name))


def _of_values(path: Path, before: Any, after: Any) -> Iterator[FieldChange]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _of_mappings(path, before, after)
        return
    members = _members(before), _members(after)
    if members[0] is None or members[1] is None:
        yield FieldChange(path, before, after)
    else:
        yield from _of_lists(path, members[0], members[1])


def _of_lists(path: Path, before: Content, after: Content) -> Iterator[FieldChange]:
    """Members that came, went or changed; and where those that stayed changed places, the order of all."""
    yield from _of_mappings(path, before, after)
    if [key for key in before if key in after] != [key for key in after if key in before]:
        yield FieldChange(path, list(before), list(after))


def _members(values: Any) -> dict[str, Any] | None:
    """The members of a list by what they are known by; None where that is not one each."""
    if not isinstance(values, Sequence) or isinstance(values, str):
        return None
    members = {key: value for value in values if (key := _identity(value)) is not None}
    return members if len(members) == len(values) else None


def _identity(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return next((value[name] for name in IDENTITIES if name in value), None) if isinstance(value, Mapping) else None
