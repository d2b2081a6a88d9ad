"""The alias of a table that a statement of the reference executor reads: one for all statements.

SQLAlchemy copies every column of a table for each new alias, which would be most of the work of a small statement.
"""

from functools import cache
from typing import Any

from sqlalchemy.orm import aliased

import models


@cache
def entity_of(model: type[models.Base]) -> Any:
    """The table under a name that no condition's subquery uses. At most once in a statement."""
    return aliased(model)
