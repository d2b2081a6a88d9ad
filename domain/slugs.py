"""Slugs: the names that addresses use."""

import unicodedata

CONTROL = "Cc"
LETTERS_AND_DIGITS = frozenset({"L", "M", "N"})
"""The major Unicode categories that a slug keeps; marks belong to the letters before them."""


def slugify(name: str) -> str:
    """The name as a slug, in any script: `Home & Garden` becomes `home-garden`; empty where nothing can be kept."""
    folded = unicodedata.normalize("NFKC", name).lower()
    spaced = "".join(c if unicodedata.category(c)[0] in LETTERS_AND_DIGITS else " " for c in folded)
    return "-".join(spaced.split())


def is_slug(text: str) -> bool:
    """Whether the text is a name in an address, which the database takes; dots alone are steps in one."""
    is_name = text.strip(".") != "" and text == text.lower()
    return is_name and not any(c.isspace() or c in "/?#%" or unicodedata.category(c) == CONTROL for c in text)
