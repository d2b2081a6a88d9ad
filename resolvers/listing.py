"""A page of a list, read when it is first asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from resolvers.paging import Window


@dataclass(frozen=True, slots=True)
class Entry:
    """A row and its cursor; in a search, also the passage that answers the question."""

    node: Any
    cursor: str
    highlight: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The entries of a window, in the list's order."""

    entries: Sequence[Entry]
    has_next: bool
    has_previous: bool


class Listing:
    """What a connection field gives: its page and its count, each read when a field first asks for it."""

    def __init__(self, read_page: Callable[[], Awaitable[Page]], read_count: Callable[[], Awaitable[int]]) -> None:
        self._read_page = read_page
        self._read_count = read_count
        self._page: asyncio.Future[Page] | None = None
        self._count: asyncio.Future[int] | None = None

    async def page(self) -> Page:
        """The page, read once however many fields ask."""
        if self._page is None:
            self._page = asyncio.ensure_future(self._read_page())
        return await self._page

    async def count(self) -> int:
        """The number of rows in the whole list."""
        if self._count is None:
            self._count = asyncio.ensure_future(self._read_count())
        return await self._count


def page_of(entries: Sequence[Entry], window: Window) -> Page:
    """The page in entries that were read with one more than the window holds, and from its end if backward.

    A cursor stands for a row, so there is something on its far side.
    """
    more = len(entries) > window.size
    entries = entries[: window.size]
    if window.backward:
        return Page(entries[::-1], has_next=window.before is not None, has_previous=more)
    return Page(entries, has_next=more, has_previous=window.after is not None)
