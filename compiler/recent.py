"""What was used last of what anybody may have made by sending a text: bounded in number and in memory.

What is made of a text, a document or a plan, takes some hundred times as many bytes as the text, however long that is.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Kept = TypeVar("Kept")

MOST_CHARACTERS = 500_000
"""Of all the texts that one kind of things is kept of: some 50 MB of them."""


class Recent(Generic[Kept]):
    """What was used last, up to a number of things and of the characters of their texts."""

    def __init__(self, most: int, most_characters: int = MOST_CHARACTERS) -> None:
        self.evictions = 0
        """How many have made room for others."""
        self._most = most
        self._most_characters = most_characters
        self._characters = 0
        self._entries: OrderedDict[Hashable, tuple[Kept, int]] = OrderedDict()

    def get(self, key: Hashable) -> Kept | None:
        """What is kept under the key, which is used now."""
        found = self._entries.get(key)
        if found is None:
            return None
        self._entries.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: Kept, characters: int) -> None:
        """Keep what was made of a text of so many characters, instead of what was used longest ago."""
        replaced = self._entries.pop(key, None)
        self._characters += characters - (0 if replaced is None else replaced[1])
        self._entries[key] = value, characters
        while len(self._entries) > self._most or (self._characters > self._most_characters and len(self._entries) > 1):
            _, (_, freed) = self._entries.popitem(last=False)
            self._characters -= freed
            self.evictions += 1

    def __contains__(self, key: Hashable) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)
