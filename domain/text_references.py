"""What a text links to, and the pictures in it: as its renderer reads it, to which code is code."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from markdown_it.token import Token

from domain.markdown import tokens_of

MARKS: Final = "[<"
"""Without one of these a text refers to nothing."""


@dataclass(frozen=True, slots=True)
class TextReferences:
    """What one text refers to."""

    links: Sequence[str] = ()
    """The addresses that it leads to, each once, percent-encoded."""
    undescribed: int = 0
    """How many pictures have no words for those who do not see them."""


NOTHING: Final = TextReferences()


async def read_references(texts: Mapping[UUID, str]) -> dict[UUID, TextReferences]:
    """What each text refers to. Read in a thread: a long text takes its time, and others are answered meanwhile."""
    referring = {key: text for key, text in texts.items() if any(mark in text for mark in MARKS)}
    read = await asyncio.to_thread(lambda: {key: references_in(text) for key, text in referring.items()})
    return {key: read.get(key, NOTHING) for key in texts}


def references_in(text: str) -> TextReferences:
    """What the text refers to."""
    tokens = list(_flat(tokens_of(text)))
    links = (str(token.attrs["href"]) for token in tokens if token.type == "link_open")
    pictures = (token for token in tokens if token.type == "image")
    return TextReferences(list(dict.fromkeys(links)), sum(1 for picture in pictures if not picture.content.strip()))


def _flat(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or ())
