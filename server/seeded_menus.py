"""The menus of the demo shop, whose lines name things by their slugs."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from demo.files import Table
from domain.menu_lines import TARGETS
from domain.menus import Line, MenuContent, set_menu


async def store_menus(session: AsyncSession, menus: Sequence[Table]) -> None:
    """Set the menus. What they name is stored already."""
    for menu in menus:
        lines = [await _line(session, table) for table in menu["items"]]
        await set_menu(session, MenuContent(menu["code"], menu["name"], lines), None)


async def _line(session: AsyncSession, table: Table) -> Line:
    target: dict[str, str | UUID] = {"url": table["url"]} if "url" in table else {}
    for name, model in TARGETS.items():
        if name in table:
            columns: Any = model.__table__.c
            target[name] = (await session.scalars(select(columns.id).where(columns.slug == table[name]))).one()
    return Line(table["label"], target, [await _line(session, below) for below in table.get("items", ())])
