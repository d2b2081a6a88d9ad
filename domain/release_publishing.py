"""Releases that come out: all items in one transaction, or none (decision 0052)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.batch_checks import Findings, find_obstacles, find_unready
from domain.batch_publishing import is_laid_when_it_goes, let_go, let_out
from domain.errors import DomainError
from domain.kept_renderings import keep_renderings
from domain.links import Slugs
from domain.publishing import Plan, require_sense
from domain.publishing_moves import Move, MoveNotAllowedError, way_of
from domain.release_moves import ReleaseMove, status_after
from domain.release_shares import Refusal, Share, listed, missing_of, refusals_of, shares_of, title_of
from domain.releases import ReadRelease, now, open_release, stand
from domain.rendering import render_rows
from models import PublishingStatus, Release, ReleaseAction, ReleaseItem
from models.base import Base
from models.publishing import Publishable
from models.texts import Prose


class ReleaseNotReadyError(DomainError):
    """Something keeps items of a release from coming out, or from being as they were."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        if not refusals:
            super().__init__("This release has no items.")
        else:
            super().__init__(f"This cannot be done, for {len(refusals)} of its items. {listed(refusals)}")
        self.refusals = tuple(refusals)


@dataclass(frozen=True, slots=True)
class Before:
    """What an item was before its release came out."""

    was_out: bool
    version_before: int
    stage_before: PublishingStatus | None = None
    published_at_before: datetime | None = None

    @classmethod
    def of(cls, row: Any) -> Self:
        """What the row is now."""
        if isinstance(row, Publishable):
            return cls(row.is_out, row.live_version, row.stage, row.published_at)
        return cls(row.is_out, row.live_version)

    def note(self, item: ReleaseItem, version_after: int) -> None:
        """Keep it with the item, in the same flush: a CHECK wants all of it or none."""
        item.was_out, item.version_before, item.version_after = self.was_out, self.version_before, version_after
        item.stage_before, item.published_at_before = self.stage_before, self.published_at_before


async def publish_release(session: AsyncSession, read: ReadRelease, editor_id: UUID | None = None) -> Release:
    """Let all items of a release come out or go.

    Raises ReleaseNotFoundError, ConflictError, ReleaseMoveNotAllowedError and ReleaseNotReadyError.
    """
    release = await open_release(session, read)
    await let_out_release(session, release, editor_id)
    return release


async def let_out_release(session: AsyncSession, release: Release, editor_id: UUID | None = None) -> None:
    """The same of a locked release. Whoever takes a slug or a SKU at that moment is found by a second attempt."""
    status_after(ReleaseMove.PUBLISH, release.status)
    try:
        async with session.begin_nested():
            await _let_out(session, release, editor_id)
    except IntegrityError:
        await session.refresh(release)
        await _let_out(session, release, editor_id)


async def schedule_release(
    session: AsyncSession, read: ReadRelease, plan: Plan, editor_id: UUID | None = None
) -> Release:
    """Have a release come out later, if it could come out now. What was planned before is forgotten.

    Raises ReleaseNotFoundError, ConflictError, ReleaseMoveNotAllowedError, ReleaseNotReadyError and InvalidInputError.
    """
    release = await open_release(session, read)
    status_after(ReleaseMove.SCHEDULE, release.status)
    await require_sense(session, plan)
    await _require_ready(session, await shares_of(session, release.id))
    stand(session, release, ReleaseMove.SCHEDULE, editor_id)
    release.scheduled_at, release.schedule_time_zone, release.last_error = plan.at, plan.time_zone, None
    await session.flush()
    return release


async def _let_out(session: AsyncSession, release: Release, editor_id: UUID | None) -> None:
    shares = await shares_of(session, release.id)
    await _require_ready(session, shares)
    at = await now(session)
    for share in shares:
        await _show(session, share, at)
    await _settle(session, shares)
    release.published_at, release.last_error = at, None
    stand(session, release, ReleaseMove.PUBLISH, editor_id)
    await session.flush()


async def _show(session: AsyncSession, share: Share, at: datetime) -> None:
    """Let the items of one kind come out and go, and note what they were before."""
    before = {item.id: Before.of(opened.row) for item, opened in share.present}
    going = share.batch.only(share.keys_of(ReleaseAction.UNPUBLISH))
    coming = share.batch.only(share.keys_of(ReleaseAction.PUBLISH))
    await keep_renderings(session, share.kind.model, [*going.items, *coming.items])
    refused = {**await let_go(session, going), **await let_out(session, coming, at)}
    if refused:
        raise ReleaseNotReadyError([*refusals_of(share, refused)])
    for item, opened in share.present:
        before[item.id].note(item, opened.row.live_version)


async def _settle(session: AsyncSession, shares: Sequence[Share]) -> None:
    """Let texts embed what has the slug that they name since this release."""
    rows = [opened.row for share in shares for _, opened in share.present]
    await render_rows(session, [row for row in rows if isinstance(row, Prose) and row.rendering < 0])


async def _require_ready(session: AsyncSession, shares: Sequence[Share]) -> None:
    """Refuse a release of which an item cannot come out, or go. Raises ReleaseNotReadyError for all of them."""
    if not shares:
        raise ReleaseNotReadyError([])
    coming, going = _slugs(shares, ReleaseAction.PUBLISH), _slugs(shares, ReleaseAction.UNPUBLISH)
    refusals: list[Refusal] = []
    for share in shares:
        refusals += missing_of(share)
        refusals += _unapproved(share)
        refusals += refusals_of(share, await _found(session, share, coming, going))
    if refusals:
        raise ReleaseNotReadyError(refusals)


async def _found(session: AsyncSession, share: Share, coming: Slugs, going: Slugs) -> Findings:
    items = share.batch.items
    to_come = {key: items[key].content for key in share.keys_of(ReleaseAction.PUBLISH)}
    leaving = share.keys_of(ReleaseAction.UNPUBLISH)
    to_go = {key: items[key].content for key in leaving if is_laid_when_it_goes(items[key].row)}
    found = await find_unready(session, share.kind, to_come, coming, going)
    return {**found, **await find_obstacles(session, share.kind, to_go)}


def _unapproved(share: Share) -> list[Refusal]:
    """Nothing comes out that was not approved, where there is a workflow."""
    refused = []
    coming = set(share.keys_of(ReleaseAction.PUBLISH))
    for item, opened in share.present:
        row = opened.row
        if row.id not in coming or not isinstance(row, Publishable):
            continue
        try:
            way_of(Move.PUBLISH, row.stage)
        except MoveNotAllowedError as error:
            refused.append(Refusal(item.id, title_of(share.kind, opened.content), str(error)))
    return refused


def _slugs(shares: Sequence[Share], action: ReleaseAction) -> Slugs:
    """The slugs under which things come out, or those under which they were there."""
    slugs: dict[type[Base], set[str]] = defaultdict(set)
    for share in shares:
        for item, opened in share.present:
            if item.action is action:
                is_coming = action is ReleaseAction.PUBLISH
                slugs[share.kind.model].add(opened.content["slug"] if is_coming else opened.row.slug)
    return {model: frozenset(each) for model, each in slugs.items()}
