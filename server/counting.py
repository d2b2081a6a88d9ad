"""The rate limits that the settings ask for, and where their counts are kept."""

from importlib import import_module
from typing import cast

from schema.root import schema
from server.rate_limits import RateLimits, budgets_of
from server.request_counters import Counters, MemoryCounters
from server.settings import Settings

IN_REDIS = "server.redis_counters"
"""Loaded only where there is a Redis: to import its client takes some two tenths of a second."""


def counters_for(settings: Settings) -> Counters:
    """The counts of all processes, or of this one when there is no Redis."""
    window_seconds = settings.rate_limit_window_seconds
    if settings.redis_url is None:
        return MemoryCounters(window_seconds)
    redis_counters = import_module(IN_REDIS)
    return cast("Counters", redis_counters.RedisCounters(settings.redis_url.get_secret_value(), window_seconds))


def rates_for(settings: Settings, counters: Counters) -> RateLimits:
    """The limits of each root field."""
    core = schema._schema  # noqa: SLF001 - strawberry has no public name for the graphql-core schema
    budgets = budgets_of(core, settings.limits_by_rate)
    return RateLimits(budgets, counters, settings.rate_limit_window_seconds, settings.rate_limit_exempt)
