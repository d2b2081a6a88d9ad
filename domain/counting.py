"""Views and shares: what is counted, how it is added to the tables, and how everybody is shown it (decision 0053).

Whoever counts does so in memory, and adds what came together now and then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    String,
    Table,
    Update,
    Uuid,
    and_,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
    values,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from models import AnalyticsPeriod, ContentAnalytics, Post, Service, ServiceAnalytics

SHOW_COUNTS: Final = "show_counts"
"""The job that adds what was counted to what posts and services show of themselves."""

BATCH: Final = 500

MOST: ColumnElement[int] = literal_column(str(2**31 - 1))
"""What an integer holds, of PostgreSQL as of GraphQL. There a count stays."""


class Subject(StrEnum):
    """What is counted, by the name of its type."""

    POST = "Post"
    SERVICE = "Service"


@dataclass(frozen=True, slots=True)
class Counted:
    """A thing on a day, in UTC."""

    subject: Subject
    key: UUID
    day: date


@dataclass(slots=True)
class Tally:
    """What happened to it on that day."""

    views: int = 0
    shares: int = 0

    def add(self, other: "Tally") -> None:
        """Count these too."""
        self.views += other.views
        self.shares += other.shares


@dataclass(frozen=True, slots=True)
class Place:
    """Where the counts of a subject are kept: the rows of a table, which name those of another."""

    owners: type[Post] | type[Service]
    counts: type[ContentAnalytics] | type[ServiceAnalytics]
    owner_id: str


PLACES: Final[Mapping[Subject, Place]] = MappingProxyType(
    {
        Subject.POST: Place(Post, ContentAnalytics, "post_id"),
        Subject.SERVICE: Place(Service, ServiceAnalytics, "service_id"),
    }
)
UNITS: Final[Mapping[AnalyticsPeriod, str]] = MappingProxyType(
    {
        AnalyticsPeriod.DAILY: "day",
        AnalyticsPeriod.WEEKLY: "week",
        AnalyticsPeriod.MONTHLY: "month",
        AnalyticsPeriod.YEARLY: "year",
    }
)
"""What `date_trunc` calls the periods; weeks begin on Monday."""


async def add_tallies(
    session: AsyncSession, tallies: Mapping[Counted, Tally], seen: Mapping[Subject, ColumnElement[bool]]
) -> None:
    """Add counts to the day, week, month and year of each thing, in one statement for each kind of thing.

    What the condition does not find is left out: who counts something that is not there, or that readers do not see,
    is told nothing.
    """
    for subject, place in PLACES.items():
        mine = [(counted, tally) for counted, tally in tallies.items() if counted.subject is subject]
        if mine:
            columns: dict[str, Sequence[Any]] = {
                "keys": [counted.key for counted, _ in mine],
                "days": [counted.day for counted, _ in mine],
                "views": [tally.views for _, tally in mine],
                "shares": [tally.shares for _, tally in mine],
            }
            await session.execute(_addition(place, seen[subject]), columns)


def _addition(place: Place, is_seen: ColumnElement[bool]) -> Insert:
    """In the order of the rows' keys, so that two servers that add to the same rows do not deadlock."""
    given = (
        func.unnest(
            bindparam("keys", type_=ARRAY(Uuid())),
            bindparam("days", type_=ARRAY(Date())),
            bindparam("views", type_=ARRAY(Integer())),
            bindparam("shares", type_=ARRAY(Integer())),
        )
        .table_valued(column("key", Uuid), column("day", Date), column("views", Integer), column("shares", Integer))
        .render_derived(name="given")
    )
    periods = values(column("period", String), column("unit", String), name="periods").data(
        [(period.value, unit) for period, unit in UNITS.items()]
    )
    begins = cast(func.date_trunc(periods.c.unit, cast(given.c.day, DateTime())), Date).label("begins")
    sums = (
        select(
            func.audit_entry_id(),
            given.c.key,
            periods.c.period,
            begins,
            func.least(func.sum(given.c.views), MOST),
            func.least(func.sum(given.c.shares), MOST),
        )
        .join_from(given, place.owners, and_(place.owners.id == given.c.key, is_seen))
        .join(periods, true())
        .group_by(given.c.key, periods.c.period, begins)
        .order_by(given.c.key, periods.c.period, begins)
    )
    stored = place.counts.__table__
    names = ["id", place.owner_id, "period", "date", "view_count", "share_count"]
    added = insert(stored).from_select(names, sums, include_defaults=False)  # type: ignore[arg-type] # a Table
    return added.on_conflict_do_update(
        index_elements=[place.owner_id, "period", "date"],
        set_={
            "view_count": _sum(stored.c.view_count, added.excluded.view_count),
            "share_count": _sum(stored.c.share_count, added.excluded.share_count),
        },
    )


async def show_counts(session: AsyncSession) -> bool:
    """Add some of what was counted since the last time to what things show, each count once; whether there is more.

    Counts that somebody adds to at this moment are left for the next time.
    """
    shown = [(await session.execute(_showing(place))).rowcount for place in PLACES.values()]  # type: ignore[attr-defined]
    return BATCH in shown


def _showing(place: Place) -> Update:
    """One statement, so that a count is never both shown and due."""
    counts: Table = place.counts.__table__  # type: ignore[assignment]
    owners: Table = place.owners.__table__  # type: ignore[assignment]
    due = (
        select(
            counts.c.id,
            counts.c[place.owner_id].label("owner_id"),
            (counts.c.view_count - counts.c.shown_views).label("views"),
            (counts.c.share_count - counts.c.shown_shares).label("shares"),
        )
        .where(
            counts.c.period == AnalyticsPeriod.YEARLY,
            or_(counts.c.view_count > counts.c.shown_views, counts.c.share_count > counts.c.shown_shares),
        )
        .order_by(counts.c[place.owner_id], counts.c.date)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    noted = (
        update(counts)
        .where(counts.c.id == due.c.id)
        .values(shown_views=counts.c.view_count, shown_shares=counts.c.share_count)
        .cte("noted")
    )
    summed = (
        select(due.c.owner_id, func.sum(due.c.views).label("views"), func.sum(due.c.shares).label("shares"))
        .group_by(due.c.owner_id)
        .cte("summed")
    )
    locked = (
        select(owners.c.id, summed.c.views, summed.c.shares)
        .join_from(owners, summed, owners.c.id == summed.c.owner_id)
        .order_by(owners.c.id)
        .with_for_update(of=owners, key_share=True)
        .cte("locked")
    )
    return (
        update(owners)
        .where(owners.c.id == locked.c.id)
        .values(
            view_count=_sum(owners.c.view_count, locked.c.views),
            share_count=_sum(owners.c.share_count, locked.c.shares),
        )
        .add_cte(noted)
    )


def _sum(stored: Any, added: Any) -> ColumnElement[int]:
    return func.least(cast(stored, BigInteger) + added, MOST)
