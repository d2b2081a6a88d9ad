"""How often posts and services were looked at and shared, for those who may see figures."""

import datetime as dt
from enum import Enum

import models
from domain import conditions
from schema.declare import column, sort_enum, table
from schema.enums import AnalyticsPeriod
from schema.filters import condition, filter_input
from schema.orders import descending

FIRST_DAY = "Its first day, in UTC."
VIEWS = "How often it was looked at; robots do not count."
SHARES = "How often it was shared."


@sort_enum("How counts are sorted.")
class AnalyticsSort(Enum):
    """Orders of counts."""

    NEWEST = descending("analytics:newest", lambda counts: counts.date, "The last period first.")


@filter_input("Conditions on counts, which must all hold.")
class AnalyticsFilter:
    """What counts are filtered by."""

    periods: list[AnalyticsPeriod] | None = condition(
        lambda counts, periods: conditions.one_of(counts.period, periods), "Of one of these lengths."
    )
    since: dt.date | None = condition(
        lambda counts, day: counts.date >= day, "Of periods that begin on that day or later."
    )
    until: dt.date | None = condition(
        lambda counts, day: counts.date <= day, "Of periods that begin on that day or earlier."
    )


@table(models.ContentAnalytics, "What was counted of a post in a period.")
class ContentAnalytics:
    """Counts."""

    period: AnalyticsPeriod = column("How long it was.")
    date: dt.date = column(FIRST_DAY)
    view_count: int = column(VIEWS)
    share_count: int = column(SHARES)


@table(models.ServiceAnalytics, "What was counted of a service in a period.")
class ServiceAnalytics:
    """Counts."""

    period: AnalyticsPeriod = column("How long it was.")
    date: dt.date = column(FIRST_DAY)
    view_count: int = column(VIEWS)
    share_count: int = column(SHARES)
