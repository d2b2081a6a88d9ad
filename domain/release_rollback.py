"""Releases that are taken back: what readers saw before comes back, in one transaction (decision 0052)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.batch_checks import find_obstacles
from domain.batch_publishing import lay_whole
from domain.content_values import Content
from domain.errors import DomainError
from domain.item_batches import contents_at
from domain.release_moves import ReleaseMove, status_after
from domain.release_publishing import ReleaseNotReadyError
from domain.release_shares import Refusal, Share, listed, refusals_of, shares_of, title_of
from domain.releases import ReadRelease, open_release, stand
from domain.revisions import Opened
from domain.showing_rows import come_back, withdraw
from models import Release, ReleaseAction, ReleaseItem
from models.publishing import Publishable


class ReleaseOvertakenError(DomainError):
    """Items of a release were published anew since, hidden, shown, or put into the trash."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(
            f"Since this release {len(refusals)} of its items went another way. {listed(refusals)} "
            "Say which of them are to stay as they are."
        )
        self.refusals = tuple(refusals)


@dataclass(frozen=True, slots=True)
class Return:
    """The items of one kind that are to be what they were, and what their rows are to hold then."""

    share: Share
    items: Sequence[tuple[ReleaseItem, Opened[Any]]]
    contents: Mapping[UUID, Content]


async def roll_back_release(
    session: AsyncSession, read: ReadRelease, leaving: Collection[UUID] = (), editor_id: UUID | None = None
) -> Release:
    """Let readers see of each item what they saw before, except of those that are left as they are.

    A draft that was written since stays. Raises ReleaseNotFoundError, ConflictError, ReleaseMoveNotAllowedError,
    ReleaseOvertakenError, and for slugs and references that are gone ReleaseNotReadyError.
    """
    release = await open_release(session, read)
    status_after(ReleaseMove.ROLL_BACK, release.status)
    try:
        async with session.begin_nested():
            await _take_back(session, release, frozenset(leaving), editor_id)
    except IntegrityError:  # a rival took a slug at that moment, and is found now
        await session.refresh(release)
        await _take_back(session, release, frozenset(leaving), editor_id)
    return release


async def _take_back(session: AsyncSession, release: Release, leaving: frozenset[UUID], editor_id: UUID | None) -> None:
    shares = await shares_of(session, release.id)
    _require_untouched(shares, leaving)
    returns = [await _planned(session, share, leaving) for share in shares]
    await _require_ready(session, returns)
    for each in returns:
        await _bring_back(session, each)
    stand(session, release, ReleaseMove.ROLL_BACK, editor_id, f"Left as they are: {len(leaving)}." if leaving else None)
    await session.flush()


def _require_untouched(shares: Sequence[Share], leaving: frozenset[UUID]) -> None:
    refusals = []
    for share in shares:
        for part in share.parts:
            if part.item.id in leaving or not has_changed(part.item):
                continue
            if part.opened is None:
                refusals.append(Refusal(part.item.id, share.kind.name, "It lies in the trash."))
            elif not is_as_left(part.item, part.opened.row):
                title = title_of(share.kind, part.opened.content)
                refusals.append(Refusal(part.item.id, title, "Readers see another version of it."))
    if refusals:
        raise ReleaseOvertakenError(refusals)


def has_changed(item: ReleaseItem) -> bool:
    """Whether the release let readers see another thing of it."""
    if item.was_out is None:
        return False
    if item.action is ReleaseAction.UNPUBLISH:
        return item.was_out
    return not item.was_out or item.version_before != item.version_after


def is_as_left(item: ReleaseItem, row: Any) -> bool:
    """Whether readers see of it what the release let them see."""
    if item.action is ReleaseAction.UNPUBLISH:
        return not row.is_out
    return bool(row.is_out) and row.live_version == item.version_after


async def _planned(session: AsyncSession, share: Share, leaving: frozenset[UUID]) -> Return:
    chosen = [(item, opened) for item, opened in share.present if has_changed(item) and item.id not in leaving]
    wanted = {
        opened.row.id: version
        for item, opened in chosen
        if (version := item.version_before) is not None and item.was_out and opened.row.live_version != version
    }
    old = await contents_at(session, share.kind, wanted)
    drafts = {
        opened.row.id: opened.content
        for item, opened in chosen
        if not item.was_out and isinstance(opened.row, Publishable) and opened.row.has_draft
    }
    unkept = [
        Refusal(item.id, title_of(share.kind, opened.content), f"Nobody kept version {item.version_before} of it.")
        for item, opened in chosen
        if opened.row.id in wanted and opened.row.id not in old
    ]
    if unkept:
        raise ReleaseNotReadyError(unkept)
    return Return(share, chosen, {**drafts, **old})


async def _require_ready(session: AsyncSession, returns: Sequence[Return]) -> None:
    refusals: list[Refusal] = []
    for each in returns:
        found = await find_obstacles(session, each.share.kind, each.contents)
        refusals += refusals_of(each.share, found)
    if refusals:
        raise ReleaseNotReadyError(refusals)


async def _bring_back(session: AsyncSession, wanted: Return) -> None:
    rows = {opened.row.id: opened.row for _, opened in wanted.items}
    for item, opened in wanted.items:
        if item.was_out:
            come_back(opened.row, item.version_before or opened.row.live_version, item.stage_before)
        else:
            withdraw(opened.row, item.stage_before, item.published_at_before)
    contents = [(rows[key], content) for key, content in wanted.contents.items()]
    refused = await lay_whole(session, wanted.share.kind, contents)
    if refused:
        raise ReleaseNotReadyError([*refusals_of(wanted.share, refused)])
