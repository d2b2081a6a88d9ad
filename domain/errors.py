"""What the shop's rules refuse, and how it is said."""

SHOWN_LENGTH = 60


class DomainError(Exception):
    """An expected refusal. Its text is a sentence or two that are safe to show to anybody."""


def shown(text: str) -> str:
    """The text as a message quotes it: in one line, and cut when it is long."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_LENGTH else f"{line[:SHOWN_LENGTH]}…"
