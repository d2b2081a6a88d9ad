"""What can go wrong with the processes in ways that somebody can put right."""


class ServerError(Exception):
    """An expected failure. Its text is one or two sentences that say what happened and what to do."""
