"""Rows as mutations give them: named here, and read by whoever runs the operation once it is known what is asked."""

from dataclasses import dataclass
from uuid import UUID

import models


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """A row to be read as its viewer may see it, after the transaction that wrote it."""

    model: type[models.Base]
    key: UUID
    is_result: bool = False
    """Whether it is all that a mutation gives, so that one that is not seen is an error, and not null."""
