"""Versions of products that are written as a whole: an import is a version too, and drafts beside it take it in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.catalog_kinds import PRODUCT
from domain.conditions import among
from domain.content_values import Content
from domain.item_content import content_of
from domain.product_state import Row
from domain.revisions import content_at, keep
from models import Product

DESCRIPTION: Final = ("description", "description_html", "description_markdown")


@dataclass(frozen=True, slots=True)
class Beside:
    """A draft, and what readers see beside it."""

    draft: Content
    live: Content


async def drafts_beside(session: AsyncSession, stored: Collection[Row]) -> dict[UUID, Beside]:
    """The drafts of those products that have one."""
    found = {}
    for row in stored:
        if row["live_version"] < row["version"]:
            draft = await content_at(session, PRODUCT, row["id"], row["version"])
            found[row["id"]] = Beside(draft or {}, await content_of(session, PRODUCT, await _read(session, row["id"])))
    return found


async def count_versions(session: AsyncSession, changed: Collection[UUID], drafts: Mapping[UUID, Beside]) -> None:
    """Give each changed product its next version; a draft beside it becomes the one after, with what was changed."""
    if not changed:
        return
    newest = Product.version + 1
    counted = update(Product).where(among(Product.id, list(changed))).values(version=newest, live_version=newest)
    await session.execute(counted, execution_options={"synchronize_session": False})
    for key in changed & drafts.keys():
        row = await _read(session, key)
        live = await content_of(session, PRODUCT, row)
        await keep(session, PRODUCT, row, live)
        row.version += 1
        await session.flush()
        await keep(session, PRODUCT, row, _taken_in(drafts[key], live))


def _taken_in(beside: Beside, live: Content) -> dict[str, Any]:
    """The draft with what was changed beside it. A description is changed as a whole, Markdown or not."""
    draft = taken_in(beside.draft, beside.live, live)
    is_described_anew = live["description_html"] != beside.live["description_html"]
    return draft | {name: live[name] for name in DESCRIPTION} if is_described_anew else draft


def taken_in(draft: Content, before: Content, after: Content) -> dict[str, Any]:
    """A draft with the changes that were made beside it, field by field and variant by variant."""
    merged = dict(draft)
    for name, value in after.items():
        if value == before.get(name):
            continue
        is_keyed = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = taken_in(merged[name], before.get(name) or {}, value) if is_keyed else value
    gone = before.keys() - after.keys()
    return {name: value for name, value in merged.items() if name not in gone}


async def _read(session: AsyncSession, key: UUID) -> Product:
    return await session.get_one(Product, key, populate_existing=True)
