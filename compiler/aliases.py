"""Aliases of tables, kept from plan to plan: SQLAlchemy copies every column of a table for each new one."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import aliased

import models

Alias = Callable[[type[models.Base]], Any]
"""Gives an alias of a table that the statement has not used yet."""


class Aliases:
    """As many aliases of each table as a statement has ever needed. None belongs to a statement, so all may share."""

    def __init__(self) -> None:
        self._made: dict[type[models.Base], list[Any]] = {}

    def for_one_statement(self) -> Alias:
        """What hands them out to one statement, each once."""
        used: Counter[type[models.Base]] = Counter()

        def alias(model: type[models.Base]) -> Any:
            made = self._made.setdefault(model, [])
            if used[model] == len(made):
                made.append(aliased(model))
            used[model] += 1
            return made[used[model] - 1]

        return alias
