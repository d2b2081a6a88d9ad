"""Who is no reader: crawlers, monitors, previews and programs, by what they call themselves."""

from functools import lru_cache

from crawleruseragents import is_crawler  # type: ignore[import-untyped]

MOST_REMEMBERED = 5_000
"""For how many names it is remembered: to look one up takes a millisecond, and most readers share a few."""


@lru_cache(maxsize=MOST_REMEMBERED)
def is_robot(user_agent: str | None) -> bool:
    """Whether nobody reads there. Browsers always say what they are, so that whoever says nothing is none."""
    return not user_agent or bool(is_crawler(user_agent, case_sensitive=False))
