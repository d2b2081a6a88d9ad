"""Automatic persisted queries: texts that clients sent once, and then name by their hash.

The protocol is Apollo's: https://www.apollographql.com/docs/apollo-server/performance/apq. Each process keeps texts of
its own; a client that meets another process is told to send the text again.
"""

from collections import OrderedDict
from hashlib import sha256
from sys import getsizeof

MAXIMUM_TEXTS = 10_000
OVERHEAD_BYTES = 300
"""What an entry takes apart from its text: its key and its place."""


class PersistedQueries:
    """The texts used last, up to a number of bytes and a number of texts."""

    def __init__(self, maximum_bytes: int) -> None:
        self._maximum_bytes = maximum_bytes
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._bytes = 0

    @property
    def is_on(self) -> bool:
        """Whether there is room for texts."""
        return self._maximum_bytes > 0

    def get(self, text_hash: str) -> str | None:
        """The text of a hash."""
        text = self._texts.get(text_hash)
        if text is not None:
            self._texts.move_to_end(text_hash)
        return text

    def put(self, text: str) -> None:
        """Keep a text, instead of those used longest ago."""
        if _weight(text) > self._maximum_bytes:
            return
        text_hash = hash_of(text)
        if text_hash not in self._texts:
            self._bytes += _weight(text)
        self._texts[text_hash] = text
        while self._bytes > self._maximum_bytes or len(self._texts) > MAXIMUM_TEXTS:
            _, dropped = self._texts.popitem(last=False)
            self._bytes -= _weight(dropped)


def hash_of(text: str) -> str:
    """The hash by which clients name a text."""
    return sha256(text.encode()).hexdigest()


def _weight(text: str) -> int:
    return getsizeof(text) + OVERHEAD_BYTES
