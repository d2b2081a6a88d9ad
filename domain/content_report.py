"""What findings tell of the items that they are about, as SQL."""

from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, literal_column


def global_id(finding: Any) -> ColumnElement[str]:
    """The item's id in the API; the same as resolvers.ids.encode_id."""
    named = func.concat(finding.type_name, literal_column("':'"), cast(finding.item_id, Text))
    wrapped = func.encode(func.convert_to(named, literal_column("'UTF8'")), literal_column("'base64'"))
    return func.translate(wrapped, literal_column(r"E'\n'"), literal_column("''"), type_=Text)
