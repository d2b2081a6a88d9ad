"""A promise: how the rows that break it are found, and how they are set right."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Repair:
    """Two statements that set right what breaks a promise without losing anything, beside whoever else writes."""

    lock: str
    """Locks the rows that are wrong, in the order of their ids, and no others. Whoever writes what those rows follow
    from changes them too, and so waits: what is read by the next statement stays so until the transaction ends."""
    change: str
    """Changes them, and no row that is right."""


@dataclass(frozen=True, slots=True)
class Check:
    """A promise."""

    name: str
    """As the log knows it."""
    promise: str
    broken_by: str
    """A query for what breaks it: one column `found`, a text that names the row."""
    repair: Repair | None = None
    """None where somebody has to look."""
