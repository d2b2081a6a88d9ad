"""Account rules as SQL expressions: how an account is named in public."""

from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, Text, func, literal_column


def public_name(user: Any) -> ColumnElement[str]:
    """The first name and the initial of the last one, such as `Selam T.`.

    The function `public_name` of the database says the same, for the copies that reviews keep (decision 0061).
    """
    initial = func.left(user.last_name, literal_column("1"))
    parts = (user.first_name, literal_column("' '", Text()), initial, literal_column("'.'", Text()))
    return reduce(lambda text, part: text.concat(part), parts)
