"""The items of a release, locked, kind by kind, and what is to become of each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.content_kinds import Kind
from domain.content_values import Content
from domain.item_batches import Batch, open_items
from domain.publishing_checks import Finding
from domain.releases import RELEASABLE, items_of
from domain.revisions import Opened
from models import ReleaseAction, ReleaseItem


@dataclass(frozen=True, slots=True)
class Part:
    """An item of a release with its locked row; None when it lies in the trash."""

    item: ReleaseItem
    opened: Opened[Any] | None


@dataclass(frozen=True, slots=True)
class Share:
    """The items of one kind."""

    batch: Batch[Any]
    parts: Sequence[Part]

    @property
    def kind(self) -> Kind[Any]:
        """What they are."""
        return self.batch.kind

    @property
    def present(self) -> Iterator[tuple[ReleaseItem, Opened[Any]]]:
        """Those that do not lie in the trash."""
        return ((part.item, part.opened) for part in self.parts if part.opened is not None)

    def keys_of(self, action: ReleaseAction) -> list[UUID]:
        """Those of which that action lets readers see another thing. What is so already is left as it is."""
        return [
            opened.row.id
            for item, opened in self.present
            if item.action is action and _does_something(action, opened.row)
        ]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An item that keeps its release from doing what it was to do."""

    item_id: UUID
    title: str
    message: str
    findings: tuple[Finding, ...] = ()

    def __str__(self) -> str:
        return f"“{self.title}”: {' '.join([self.message, *(each.message for each in self.findings)])}"


async def shares_of(session: AsyncSession, release_id: UUID) -> list[Share]:
    """The items of a release, kind by kind, each locked in the order of their ids."""
    items = await items_of(session, release_id)
    shares = []
    for name, kind in RELEASABLE.items():
        named = {getattr(item, f"{name}_id"): item for item in items if getattr(item, f"{name}_id") is not None}
        if named:
            batch = await open_items(session, kind, named.keys())
            shares.append(Share(batch, [Part(item, batch.items.get(key)) for key, item in named.items()]))
    return shares


def _does_something(action: ReleaseAction, row: Any) -> bool:
    return bool(row.is_out) if action is ReleaseAction.UNPUBLISH else not row.is_out or bool(row.has_draft)


def refusals_of(share: Share, found: Mapping[UUID, Sequence[Finding]]) -> Iterator[Refusal]:
    """The items of a share of which something was found."""
    for item, opened in share.present:
        findings = found.get(opened.row.id)
        if findings:
            message = f"The checks found what keeps it from being changed ({len(findings)})."
            yield Refusal(item.id, title_of(share.kind, opened.content), message, tuple(findings))


def title_of(kind: Kind[Any], content: Content) -> str:
    """What a message calls an item."""
    return str(content.get(kind.title, kind.name))


def missing_of(share: Share) -> Iterator[Refusal]:
    """The items of a share that lie in the trash."""
    for part in share.parts:
        if part.opened is None:
            yield Refusal(part.item.id, share.kind.name, "It lies in the trash.")


def listed(refusals: Iterable[Refusal], most: int = 3) -> str:
    """The first of them, in a sentence each."""
    told = list(refusals)
    more = f" And {len(told) - most} more." if len(told) > most else ""
    return " ".join(map(str, told[:most])) + more
