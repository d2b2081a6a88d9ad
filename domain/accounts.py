"""Account rules as SQL expressions: how an account is named in public."""

from typing import Any

from sqlalchemy import ColumnElement, func


def public_name(user: Any) -> ColumnElement[str]:
    """The first name and the initial of the last one, such as `Selam T.`."""
    return func.concat(user.first_name, " ", func.left(user.last_name, 1), ".")
