"""What a path of the shop's front end leads to: something, its new address, or nothing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from sqlalchemy import select

import models
from auth.visibility import visible
from domain.paths import ADDRESSED, Address, addresses_in, path_of, without_query
from models import FormerSlug, Shop
from models.shop import SHOP_ID
from resolvers.context import Context
from resolvers.entities import entity_of, withholding
from resolvers.loading import load_row


class PathStatus(StrEnum):
    """What is at a path."""

    FOUND = "FOUND"
    """Something has its address there."""
    MOVED = "MOVED"
    """It was the address of something, or is another way to write it: 301."""
    MISSING = "MISSING"
    """Nothing that the viewer may see: 404."""


@dataclass(frozen=True, slots=True)
class PathResolution:
    """What a path leads to."""

    status: PathStatus
    path: str
    """Where it is now; as it was given, when there is nothing."""
    node: models.Base | None


async def resolve_path(context: Context, path: str) -> PathResolution:
    """What the path leads to. Whatever bears a slug now comes before whatever bore it once."""
    shop: Shop = await load_row(context, Shop, "id", SHOP_ID)
    addresses = list(addresses_in(shop, path))
    for address in addresses:
        row = await load_row(context, address.model, "slug", address.slug)
        if row is not None:
            return _placed(path, address, row)
    for address in addresses:
        row = await _last_bearer(context, address)
        if row is not None:
            return PathResolution(PathStatus.MOVED, path_of(address.pattern, row.slug), row)
    return PathResolution(PathStatus.MISSING, path, None)


def _placed(path: str, address: Address, row: models.Base) -> PathResolution:
    written = without_query(path)
    is_right = written == address.path or written == unquote(address.path)
    return PathResolution(PathStatus.FOUND if is_right else PathStatus.MOVED, address.path, row)


async def _last_bearer(context: Context, address: Address) -> Any:
    """The row that bore the slug last, of those that the viewer may see; None without one."""
    entity = entity_of(address.model)
    statement = (
        select(entity)
        .join(FormerSlug, getattr(FormerSlug, BEARERS[address.model]) == entity.id)
        .where(FormerSlug.slug == address.slug, visible(address.model, entity, context.viewer))
        .options(*withholding(address.model))
        .order_by(FormerSlug.left_at.desc(), FormerSlug.id.desc())
        .limit(1)
    )
    rows = await context.reading.rows(statement)
    return rows[0][0] if rows else None


BEARERS = {model: column.replace("_path", "_id") for model, column in ADDRESSED.items()}
"""The column of a former slug that names a bearer of that table."""
