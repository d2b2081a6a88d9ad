"""Account rules as SQL expressions: how an account is named in public."""

from typing import Any

from sqlalchemy import ColumnElement, func, literal_column


def public_name(user: Any) -> ColumnElement[str]:
    """The first name and the initial of the last one, such as `Selam T.`."""
    initial = func.left(user.last_name, literal_column("1"))
    return func.concat(user.first_name, literal_column("' '"), initial, literal_column("'.'"))
