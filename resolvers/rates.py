"""How often a root field may be asked for: the kinds of work that are told apart."""

from enum import StrEnum


class Rate(StrEnum):
    """What a root field's declaration says of the work that it makes. The settings say how often each may be asked."""

    READ = "reads"
    SEARCH = "searches"
    MUTATION = "mutations"
    ATTEMPT = "attempts"
    """What checks a secret or sends one, so that a guesser would do it often. Counted by address for everybody."""
