"""Writes the sentences of synthetic data ahead, so that a row only has to pick from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from server.synthetic import words

DESCRIPTION_TRIES = 4_000
SENTENCE_WORDS = range(10, 21)
REMARK_TRIES = 2_000
REMARK_WORDS = range(5, 14)

SLOTS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "adjective": [word.lower() for word in words.ADJECTIVES],
        "material": [word.lower() for word in words.MATERIALS],
        "mishap": words.MISHAPS,
        "part": words.PARTS,
        "people": words.PEOPLE,
        "place": words.PLACES,
        "span": words.SPANS,
    }
)


@dataclass(frozen=True, slots=True)
class Texts:
    """Sentences to pick from."""

    descriptions: Sequence[str]
    """Of 10 to 20 words: three of them describe a product."""
    remarks: Sequence[str]
    """Of 5 to 13 words: up to three of them review it."""


def write_texts(run: int) -> Texts:
    """The texts of a run, always the same."""
    random = Random(run)  # noqa: S311 - made-up data
    return Texts(
        _write_sentences(random, words.DESCRIPTIONS, SENTENCE_WORDS, DESCRIPTION_TRIES),
        _write_sentences(random, words.REMARKS, REMARK_WORDS, REMARK_TRIES),
    )


def _write_sentences(random: Random, templates: Sequence[str], lengths: range, tries: int) -> list[str]:
    sentences = (_fill(random, random.choice(templates)) for _ in range(tries))
    return list(dict.fromkeys(sentence for sentence in sentences if len(sentence.split()) in lengths))


def _fill(random: Random, template: str) -> str:
    """Put a word into each slot; `{part}` and `{part2}` get different ones."""
    slots: dict[str, str] = {}
    for name, choices in SLOTS.items():
        slots[name], slots[f"{name}2"] = random.sample(choices, 2)
    sentence = template.format_map(slots)
    return sentence[0].upper() + sentence[1:]
