"""Many items of one kind that come out or go at once, in as few statements as one of them takes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domain.batch_checks import Findings
from domain.content_kinds import Kind
from domain.content_values import Content
from domain.item_batches import Batch, keep_as_published, lay_items
from domain.publishing_checks import Finding
from domain.showing_rows import come_out, go
from models.publishing import Publishable


async def let_out(session: AsyncSession, batch: Batch[Any], at: datetime) -> Findings:
    """Let readers see the newest version of each, of which nothing was found that keeps it from being laid.

    Gives the parts that do not fit all the same; the transaction may not be committed then. Where a rival was faster a
    constraint is violated.
    """
    drafts = [(item.row, item.content) for item in batch.items.values() if item.row.has_draft]
    for item in batch.items.values():
        come_out(item.row, at)
    refused = await lay_whole(session, batch.kind, drafts)
    await keep_as_published(session, batch)
    return refused


async def let_go(session: AsyncSession, batch: Batch[Any]) -> Findings:
    """Let readers see none of them any more, in the same way."""
    drafts = [(item.row, item.content) for item in batch.items.values() if is_laid_when_it_goes(item.row)]
    for item in batch.items.values():
        go(item.row)
    return await lay_whole(session, batch.kind, drafts)


def is_laid_when_it_goes(row: Any) -> bool:
    """Whether its draft is the item from then on; of what is hidden by a switch it stays beside it."""
    return isinstance(row, Publishable) and row.has_draft


async def lay_whole(session: AsyncSession, kind: Kind[Any], contents: Sequence[tuple[Any, Content]]) -> Findings:
    """Let rows hold contents, with their parts; gives what is wrong with parts that do not fit."""
    await lay_items(session, kind, contents)
    if kind.parts is None or not contents:
        return {}
    refused = await kind.parts.lay(session, contents)
    return {key: [Finding(".".join(each.path), each.message) for each in faults] for key, faults in refused.items()}
