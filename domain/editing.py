"""Editing items in versions: made, changed field by field, put into the trash and taken out of it (decision 0041)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.content_kinds import TAGS, Item, Kind
from domain.content_values import Content, as_json
from domain.errors import ConflictError, DomainError, InvalidInputError, invalid, shown
from domain.item_content import content_of, known_tags, lay, require_referents
from domain.item_locks import lock_tree
from domain.item_parts import overlaid, patch_of
from domain.publishing_moves import status_after_edit
from domain.rendering import render_draft
from domain.revisions import Opened, content_at, keep, require_mergeable
from domain.showing_rows import forget_plan
from domain.slugs import is_slug, slugify
from domain.violations import refused_by
from models import PublishingStatus
from models.base import SLUG_LENGTH, Versioned
from models.publishing import Drafted, Publishable


class ItemNotFoundError(DomainError):
    """No item has the id, or it lies in the trash."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no such {name}.")


class SlugTakenError(DomainError):
    """Another item of the kind has the slug."""

    def __init__(self, name: str, slug: str) -> None:
        super().__init__(f"Another {name} has the slug “{shown(slug)}”; it may lie in the trash. Choose another.")
        self.slug = slug


class RevisionNotFoundError(DomainError):
    """Nobody kept that version."""

    def __init__(self, version: int) -> None:
        super().__init__(f"There is no version {version} of it.")
        self.version = version


@dataclass(frozen=True, slots=True)
class OldVersion:
    """An earlier version of an item as its editor read it."""

    id: UUID
    expected_version: int
    version: int


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What is to change of an item as its editor read it, by the fields of the input."""

    id: UUID
    expected_version: int
    changes: Mapping[str, Any]


async def create_item(
    session: AsyncSession, kind: Kind[Item], given: Mapping[str, Any], editor_id: UUID | None = None
) -> Item:
    """A new item in its first version. Without a slug it gets one made of its title.

    Raises InvalidInputError and SlugTakenError.
    """
    row_id = uuid7()
    content = overlaid({}, await _content_given(session, kind, given))
    content["slug"] = content.get("slug") or slugify(content[kind.title])[:SLUG_LENGTH]
    _require_slug(content)
    await lock_tree(session, kind)
    await _require_sound(session, kind, row_id, content, {})
    columns = {name: kind.decoded(name, content[name]) for name in kind.columns if name in content}
    row = kind.model(id=row_id, **columns, **({} if kind.parts is None else kind.parts.columns(content)))
    with refused_by(_refusals(kind, content)):
        session.add(row)
        await session.flush()
    await lay(session, kind, row, content)
    await session.refresh(row)
    await keep(session, kind, row, await content_of(session, kind, row), editor_id)
    return row


async def edit_item(session: AsyncSession, kind: Kind[Item], wanted: ItemChange, editor_id: UUID | None = None) -> Item:
    """Change what is given of an item, over what others have changed of its other fields meanwhile.

    What readers see stays as it is until it is published: the change is a draft beside it then. A change of nothing
    makes no version. Raises InvalidInputError, ItemNotFoundError, SlugTakenError and ConflictError.
    """
    item = await open_item(session, kind, wanted.id)
    given = await _content_given(session, kind, wanted.changes)
    _require_slug(given)
    await require_mergeable(session, item, wanted.expected_version, given)
    await renew(session, item, overlaid(item.content, given), editor_id)
    return item.row


async def renew(session: AsyncSession, item: Opened[Item], content: Content, editor_id: UUID | None) -> None:
    """Let the content be the item's next version, if it is another. What was is kept too, if nobody has kept it."""
    if content == item.content:
        return
    await _require_sound(session, item.kind, item.row.id, content, item.content)
    await keep(session, item.kind, item.row, item.content)
    item.row.version += 1
    if isinstance(item.row, Publishable):
        begin_draft(item.row)
    if not is_out(item.row):
        await lay_newest(session, item.kind, item.row, content)
    await session.flush()
    await keep(session, item.kind, item.row, content, editor_id)
    await render_draft(session, item.row, content)


def begin_draft(row: Publishable) -> None:
    """A new version is what nobody has approved yet, beside what is out if anything is."""
    forget_plan(row)
    if row.is_out and row.draft_status is None:
        row.draft_status = PublishingStatus.DRAFT
    else:
        row.stage = status_after_edit(row.stage)


def is_out(row: Versioned) -> bool:
    """Whether readers see the row, so that a change of it is a draft at first."""
    return isinstance(row, Drafted) and row.is_out


async def open_item(session: AsyncSession, kind: Kind[Item], row_id: UUID) -> Opened[Item]:
    """Lock an item, which others may refer to and not change meanwhile. Raises ItemNotFoundError."""
    await lock_tree(session, kind)
    row = await session.get(kind.model, row_id, with_for_update={"key_share": True}, populate_existing=True)
    if row is None or row.deleted_at is not None:
        raise ItemNotFoundError(kind.name)
    waits = isinstance(row, Drafted) and row.has_draft
    draft = await content_at(session, kind, row_id, row.version) if waits else None
    return Opened(kind, row, await content_of(session, kind, row) if draft is None else draft)


async def lay_newest(session: AsyncSession, kind: Kind[Item], row: Item, content: Content) -> None:
    """Let the row hold its newest version. Raises InvalidInputError and SlugTakenError."""
    if isinstance(row, Drafted):
        row.live_version = row.version
    with refused_by(_refusals(kind, content)):
        await lay(session, kind, row, content)


async def _content_given(session: AsyncSession, kind: Kind[Item], given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given, by the fields of a content."""
    plain = {name: value for name, value in given.items() if name not in kind.part_keywords}
    content = {kind.column_of(keyword): as_json(value) for keyword, value in plain.items()}
    if TAGS in content:
        content[TAGS] = await known_tags(session, content[TAGS])
    if kind.parts is not None and (patch := patch_of(kind.parts.name, kind.parts.blank, given)):
        content[kind.parts.name] = patch
    if kind.completed is None:
        return content
    return await asyncio.to_thread(kind.completed, content)  # markup takes its time, and others are answered meanwhile


async def _require_sound(
    session: AsyncSession, kind: Kind[Item], row_id: UUID, content: Content, before: Content
) -> None:
    """Refuse a content that could not be laid into a row. Raises InvalidInputError."""
    await require_referents(session, kind, content, before)
    if kind.parts is not None:
        await kind.parts.require(session, row_id, content, before)


def _require_slug(content: Content) -> None:
    slug = content.get("slug")
    if slug is not None and not is_slug(slug):
        allowed = "lower case letters, digits and hyphens, without spaces and / ? # %"
        raise invalid("slug", f"It must consist of {allowed}.")


def _refusals(kind: Kind[Item], content: Content) -> dict[str, DomainError]:
    """What to say when a constraint is broken, by its name."""
    broken: dict[str, DomainError] = {name: InvalidInputError([fault]) for name, fault in kind.rules.items()}
    return broken | {f"uq_{kind.table_name}_slug": SlugTakenError(kind.name, content.get("slug", ""))}


async def restore_revision(
    session: AsyncSession, kind: Kind[Item], wanted: OldVersion, editor_id: UUID | None = None
) -> Item:
    """Let an item say again what it said in an earlier version, as its next one: a draft, if it is out.

    Raises ItemNotFoundError, ConflictError, RevisionNotFoundError, InvalidInputError and SlugTakenError.
    """
    item = await open_item(session, kind, wanted.id)
    if item.row.version != wanted.expected_version:
        raise ConflictError(wanted.expected_version, item.row.version)
    old = await content_at(session, kind, wanted.id, wanted.version)
    if old is None:
        raise RevisionNotFoundError(wanted.version)
    await renew(session, item, {**item.content, **old}, editor_id)
    return item.row
