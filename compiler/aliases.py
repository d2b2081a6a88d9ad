"""Aliases of tables, kept from plan to plan: SQLAlchemy copies every column of a table for each new one.

They are plain tables to SQLAlchemy, with columns under the names of the model's attributes. A statement of mapped
entities would be worked over for loading objects before it is compiled, and a plan loads none.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import FromClause, inspect
from sqlalchemy.ext.hybrid import hybrid_property

import models

Alias = Callable[[type[models.Base]], Any]
"""Gives an alias of a table that the statement has not used yet."""


class TableAlias:
    """An alias of a model's table, which stands in conditions wherever the model itself or an alias of it may."""

    def __init__(self, model: type[models.Base]) -> None:
        mapper = inspect(model)
        self.model = model
        self.__tablename__ = model.__tablename__
        self._table = mapper.local_table.alias()
        for attribute in mapper.column_attrs:
            (column,) = attribute.columns
            setattr(self, attribute.key, self._table.c[column.key])
        rules = mapper.all_orm_descriptors.items()
        self._rules = {name: rule.expr for name, rule in rules if isinstance(rule, hybrid_property) and rule.expr}

    def __getattr__(self, name: str) -> Any:
        """What the model works out from its columns."""
        if name not in self._rules:
            raise AttributeError(f"{self.model.__name__}.{name} is no column.")
        return self._rules[name](self)

    def __clause_element__(self) -> FromClause:
        """It among the rows to select from: SQLAlchemy's protocol."""
        return self._table


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
                made.append(TableAlias(model))
            used[model] += 1
            return made[used[model] - 1]

        return alias
