"""A promise: how the rows that break it are found, and how they are set right."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """A promise."""

    name: str
    """As the log knows it."""
    promise: str
    broken_by: str
    """A query for what breaks it: one column `found`, a text that names the row."""
    repair: tuple[str, ...] = ()
    """Statements that set it right without losing anything; none where somebody has to look."""
