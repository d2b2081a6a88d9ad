"""How often, and after which pauses, a job that fails is tried again."""

import random
from dataclasses import dataclass
from datetime import timedelta


class HopelessError(Exception):
    """A job failed in a way that will not change: to try it again would be of no use."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a job may run, and how often it is begun before it is given up."""

    attempts: int = 12
    limit: timedelta = timedelta(minutes=5)
    first_pause: timedelta = timedelta(seconds=10)
    longest_pause: timedelta = timedelta(hours=1)
    """With these pauses a job is given up some three and a half hours after its first failure."""

    def pause_after(self, attempt: int) -> timedelta:
        """The pause after that attempt, the first being 1: doubling, give or take a quarter.

        Jobs that failed together, because what they need was away, do not all come back at once.
        """
        doubled = self.first_pause * (1 << min(attempt - 1, 32))
        return min(doubled, self.longest_pause) * random.uniform(0.75, 1.25)  # noqa: S311 - keeps no secret
