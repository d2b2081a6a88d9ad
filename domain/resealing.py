"""Resealing: what older keys have sealed or hashed comes under the newest, so that they can be taken away.

Rows are written in the order of their ids, and each only as long as it is what was read. Where somebody was faster, it
is read once more, as they left it (decision 0064).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Select, func, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.keyed_columns import KeyedColumns, KeyedIndex
from domain.vault import Place, Vault, VaultError

BATCH = 200
"""So many rows are read at once, and no more are locked."""

RESEALING = select(func.set_config("merkato.resealing", "on", True))  # noqa: FBT003 - until the transaction ends
"""Tells the database that rows go on saying what they said (migration 0064)."""

NOTHING = literal(None, LargeBinary())
"""What is read of a column that a table does not have."""


class Fate(StrEnum):
    """What has become of a value."""

    RENEWED = "RENEWED"
    RIGHT = "RIGHT"
    """It was under the newest key already."""
    LEFT = "LEFT"
    """A keyed hash whose text is not known any more: it stays under whatever key it is."""
    UNOPENED = "UNOPENED"
    """No key opens it. It stays, and so does the keyed hash beside it."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """What is to be written of a row, and what that makes of its columns."""

    values: Mapping[str, bytes]
    fates: Mapping[str, Fate]


@dataclass(frozen=True, slots=True)
class Batch:
    """What has become of the values of some rows."""

    fates: Counter[tuple[str, Fate]]
    """How many values of a column have had which."""
    unopened: Sequence[UUID]
    """The rows whose sealed text no key opens."""
    last: UUID | None
    """Where the next batch begins; None if there were no rows any more."""


async def reseal_batch(
    session: AsyncSession, vault: Vault, columns: KeyedColumns, after: UUID | None, size: int = BATCH
) -> Batch:
    """Bring the rows that follow that one, or the first ones, under the newest key."""
    await session.execute(RESEALING)
    following = _rows(columns).order_by(columns.table.id).limit(size)
    page = following if after is None else following.where(columns.table.id > after)
    rows = (await session.execute(page)).all()
    fates: Counter[tuple[str, Fate]] = Counter()
    unopened: list[UUID] = []
    for row in rows:
        found = await _resealed(session, vault, columns, row)
        fates.update(found.items())
        if Fate.UNOPENED in found.values():
            unopened.append(row.id)
    return Batch(fates, unopened, rows[-1].id if rows else None)


def renew(vault: Vault, columns: KeyedColumns, row: Any) -> Renewal:
    """What is to become of a row, of which `id`, `bound_to`, `sealed`, `hashed` and `source` were read."""
    sealed = Renewal({}, {})
    text = row.source
    if columns.sealed is not None and row.sealed is not None:
        place = Place(columns.table.__tablename__, columns.sealed, row.bound_to)
        try:
            text = vault.open(row.sealed, place)
        except VaultError:
            return Renewal({}, {columns.sealed: Fate.UNOPENED})
        sealed = _renewal(columns.sealed, row.sealed, vault.reseal(row.sealed, place))
    if columns.index is None or row.hashed is None:
        return sealed
    wanted = _hash_of(vault, columns.index, text, row.hashed, is_certain=columns.sealed is not None)
    hashed = _renewal(columns.index.column, row.hashed, wanted)
    return Renewal({**sealed.values, **hashed.values}, {**sealed.fates, **hashed.fates})


def _renewal(column: str, now: bytes, wanted: bytes | None) -> Renewal:
    if wanted is None:
        return Renewal({}, {column: Fate.LEFT})
    return Renewal({}, {column: Fate.RIGHT}) if wanted == now else Renewal({column: wanted}, {column: Fate.RENEWED})


def _hash_of(vault: Vault, index: KeyedIndex, text: str | None, now: bytes, *, is_certain: bool) -> bytes | None:
    """The hash under the newest key; None where the text is gone or, unless it is certain, is another one by now."""
    hashed = None if text is None else index.text_in(text)
    if hashed is None:
        return None
    newest, *older = vault.indexes(hashed, index.made_for)
    return newest if is_certain or now in {newest, *older} else None


async def _resealed(session: AsyncSession, vault: Vault, columns: KeyedColumns, row: Any) -> Mapping[str, Fate]:
    """What has become of the columns of a row; nothing if it is gone."""
    if columns.index is None or not renew(vault, columns, row).values:
        return await _written(session, vault, columns, row)
    try:
        async with session.begin_nested():
            return await _written(session, vault, columns, row)
    except IntegrityError:  # another row has the hash already: the text was kept twice, by servers with unlike keys
        sealed_alone = replace(columns, index=None)
        return {**await _written(session, vault, sealed_alone, row), columns.index.column: Fate.LEFT}


async def _written(session: AsyncSession, vault: Vault, columns: KeyedColumns, row: Any) -> Mapping[str, Fate]:
    renewal = renew(vault, columns, row)
    if not renewal.values or await _is_written(session, columns, row, renewal.values):
        return renewal.fates
    locked = _rows(columns).where(columns.table.id == row.id).with_for_update(of=columns.table)
    changed = (await session.execute(locked)).one_or_none()
    return {} if changed is None else await _written(session, vault, columns, changed)


async def _is_written(session: AsyncSession, columns: KeyedColumns, row: Any, values: Mapping[str, bytes]) -> bool:
    """Whether the row was as it was read, so that nobody's change was lost by writing it."""
    key = columns.table.id
    as_read = (_sealed(columns).is_not_distinct_from(row.sealed), _hashed(columns).is_not_distinct_from(row.hashed))
    writing = update(columns.table).where(key == row.id, *as_read).values(dict(values)).returning(key)
    done = await session.execute(writing.execution_options(synchronize_session=False))
    return done.one_or_none() is not None


def _rows(columns: KeyedColumns) -> Select[Any]:
    """All that hold something, as `renew` reads them."""
    sealed, hashed = _sealed(columns), _hashed(columns)
    bound_to = getattr(columns.table, columns.bound_to)
    source = NOTHING if columns.source is None else columns.source
    parts = {"bound_to": bound_to, "sealed": sealed, "hashed": hashed, "source": source}
    read = (column.label(name) for name, column in parts.items())
    return select(columns.table.id, *read).where(sealed.is_not(None) | hashed.is_not(None))


def _sealed(columns: KeyedColumns) -> Any:
    return NOTHING if columns.sealed is None else getattr(columns.table, columns.sealed)


def _hashed(columns: KeyedColumns) -> Any:
    return NOTHING if columns.index is None else getattr(columns.table, columns.index.column)
