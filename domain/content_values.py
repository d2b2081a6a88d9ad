"""Contents of items: what a revision holds, in JSON."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

Content = Mapping[str, Any]
"""An item in JSON: by field, what its columns and relations hold."""


def as_json(value: Any) -> Any:
    """A value of a column as a content holds it: exact, and the same whichever way it came."""
    return str(value) if isinstance(value, UUID | Decimal) else value
