"""The alias of a table that a statement of the reference executor reads: one for all statements.

SQLAlchemy copies every column of a table for each new alias, which would be most of the work of a small statement.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy.orm import aliased, defer
from sqlalchemy.orm.interfaces import ORMOption

import models
from auth.row_security import WITHHELD_COLUMNS


@cache
def entity_of(model: type[models.Base]) -> Any:
    """The table under a name that no condition's subquery uses. At most once in a statement."""
    return aliased(model)


@cache
def withholding(model: type[models.Base]) -> Sequence[ORMOption]:
    """Options for a statement that reads whole rows of `entity_of(model)`: without the columns that none may read."""
    entity = entity_of(model)
    return [defer(getattr(entity, name), raiseload=True) for name in WITHHELD_COLUMNS.get(model, ())]
