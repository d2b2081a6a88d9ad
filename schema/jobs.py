"""Jobs that were given up, as permitted staff see them, but for what they were told: it may open accounts."""

from datetime import datetime

import models
from schema.declare import column, table
from schema.orders import descending
from schema.relay import Node

BY_FAILURE = descending("dead-letter:newest", lambda letter: letter.failed_at)


@table(models.DeadLetter, "A job, such as sending a letter, that failed for the last time and is done no more.")
class DeadLetter(Node):
    """A job that was given up."""

    name: str = column("What was to be done, such as send_mail.")
    attempts: int = column("How often it was begun.")
    last_error: str = column("What the last attempt died of.", "error")
    enqueued_at: datetime = column("When it was asked for, or asked for again.")
    failed_at: datetime = column("When it was given up.")
