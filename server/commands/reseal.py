"""`merkato reseal`: what older keys have encrypted comes under the newest, so that they can be taken away."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.keyed_columns import KEYED_COLUMNS, KeyedColumns
from domain.resealing import Fate, reseal_batch
from domain.vault import Vault, parse_keys
from server.command_database import with_engine
from server.settings import load_settings

EXIT_UNOPENED = 6

MOST_NAMED = 1_000
"""So many rows of each column are named: whoever lost a key has lost all that it has encrypted."""


@dataclass(frozen=True, slots=True)
class Resealed:
    """What has become of some columns of a table."""

    columns: KeyedColumns
    fates: Counter[tuple[str, Fate]]
    unopened: Sequence[UUID]


def reseal() -> None:
    """Encrypt anew what older keys of ENCRYPTION_KEYS have encrypted, so that they can be taken away.

    The first key encrypts. When the exit code is 6, the values that are named cannot be read with any key, and were
    left alone. A run that was interrupted is taken up by the next one.
    """
    settings = load_settings()
    vault = Vault(parse_keys(settings.encryption_keys.get_secret_value()))
    found = with_engine(settings, "reseal", lambda engine: _resealed(engine, vault), migrated=True)
    typer.echo("\n".join(line for resealed in found for line in _lines(resealed)))
    if any(resealed.unopened for resealed in found):
        raise typer.Exit(EXIT_UNOPENED)


async def _resealed(engine: AsyncEngine, vault: Vault) -> list[Resealed]:
    return [await _all_resealed(engine, vault, columns) for columns in KEYED_COLUMNS]


async def _all_resealed(engine: AsyncEngine, vault: Vault, columns: KeyedColumns) -> Resealed:
    """Each batch is a transaction, so that no row is locked for long and what is done stays done."""
    fates: Counter[tuple[str, Fate]] = Counter()
    unopened: list[UUID] = []
    last: UUID | None = None
    is_more = True
    while is_more:
        async with AsyncSession(engine) as session, session.begin():
            batch = await reseal_batch(session, vault, columns, last)
        fates += batch.fates
        unopened += batch.unopened
        last, is_more = batch.last, batch.last is not None
    return Resealed(columns, fates, unopened)


def _lines(resealed: Resealed) -> Iterator[str]:
    table, sealed, index = resealed.columns.table.__tablename__, resealed.columns.sealed, resealed.columns.index
    if sealed is not None:
        renewed, right = (resealed.fates[sealed, fate] for fate in (Fate.RENEWED, Fate.RIGHT))
        yield f"{table}.{sealed}: {renewed:,} encrypted anew, {right:,} were right already."
    if index is not None:
        renewed, right, left = (resealed.fates[index.column, fate] for fate in (Fate.RENEWED, Fate.RIGHT, Fate.LEFT))
        unknown = f" {left:,} left alone, as the text is not known." if left else ""
        yield f"{table}.{index.column}: {renewed:,} hashed anew, {right:,} were right already.{unknown}"
    if resealed.unopened:
        yield f"{table}.{sealed}: {len(resealed.unopened):,} cannot be read with any key, and left alone:"
        yield from (f"  {row}" for row in resealed.unopened[:MOST_NAMED])
    if len(resealed.unopened) > MOST_NAMED:
        yield f"  and {len(resealed.unopened) - MOST_NAMED:,} more."
