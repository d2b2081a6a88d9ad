"""What was made of texts before, kept beside their versions, so that to publish many or take them back renders none."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.conditions import among
from domain.markdown import RENDERING
from domain.rendering import put_made
from models import Revision
from models.texts import Prose

Row = TypeVar("Row")


async def take_renderings(session: AsyncSession, rows: Sequence[Row]) -> list[Row]:
    """Let each row hold what was made of the version that it is to hold; gives those that are still to be rendered.

    The rows are changed already, and what they are is not written before they are whole.
    """
    with session.no_autoflush:
        kept = await _renderings_of(session, [row for row in rows if isinstance(row, Prose)])
    missing = []
    for row in rows:
        rendered = kept.get(getattr(row, "id", None))
        if isinstance(row, Prose) and rendered is not None:
            put_made(row, rendered)
        else:
            missing.append(row)
    return missing


async def keep_renderings(session: AsyncSession, model: Any, keys: Collection[UUID]) -> None:
    """Keep beside the versions that those rows hold what was made of their texts, for when they come back."""
    if not keys or not issubclass(model, Prose):
        return
    made = func.jsonb_build_object(*(part for name in model.form.made for part in (name, getattr(model, name))))
    held = update(Revision).where(
        Revision.table_name == model.__tablename__,
        Revision.row_id == model.id,
        Revision.version == model.live_version,
        among(model.id, list(keys)),
        model.rendering == RENDERING,
        Revision.rendered.is_(None),
    )
    await session.execute(held.values(rendered=made), execution_options={"synchronize_session": False})


async def _renderings_of(session: AsyncSession, rows: Sequence[Any]) -> dict[UUID | None, Any]:
    if not rows:
        return {}
    versions = {row.id: row.live_version for row in rows}
    beside = select(Revision.row_id, Revision.version, Revision.rendered).where(
        Revision.table_name == rows[0].__tablename__,
        among(Revision.row_id, list(versions)),
        among(Revision.version, sorted(set(versions.values()))),
        Revision.rendered["rendering"].as_integer() == RENDERING,
    )
    found = await session.execute(beside)
    return {row.row_id: row.rendered for row in found if versions[row.row_id] == row.version}
