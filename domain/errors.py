"""What the shop's rules refuse."""


class DomainError(Exception):
    """An expected refusal. Its text is a sentence or two that are safe to show to anybody."""
