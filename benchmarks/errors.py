"""Why a run, or one contestant, cannot take part."""


class BenchmarkError(Exception):
    """Nothing can be measured; the message says what to do."""


class AbsentError(Exception):
    """A contestant cannot take part; the message is its reason in the report."""
