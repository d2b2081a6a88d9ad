"""SQL that reads the content of a revision as the columns of a table have it."""

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import ARRAY, Column, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

SCHEMA: Final = "merkato_preview"
TABLES_SETTING: Final = "merkato.preview_tables"
ITEM_SETTING: Final = "merkato.preview_item"
RELEASE_SETTING: Final = "merkato.preview_release"
"""What is previewed, as the session says: names of tables with commas between them, and ids or nothing."""

DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]
AnyColumn = Column[object]


def value_of(column: AnyColumn, content: str, field: str) -> str:
    """What the field of a content, itself SQL, holds for the column."""
    if isinstance(column.type, ARRAY):
        return f"ARRAY(SELECT jsonb_array_elements_text({content} -> '{field}'))"
    if isinstance(column.type, JSONB):
        return f"{content} -> '{field}'"
    return f"({content} ->> '{field}')::{column.type.compile(DIALECT)}"


def selected(table: Table, expressions: Mapping[str, str], otherwise: str) -> str:
    """All columns of a table in their order: those expressions, and else what `otherwise` has under that name."""
    return ", ".join(
        f"{expressions.get(column.name, f'{otherwise}.{quoted(column)}')} AS {quoted(column)}" for column in table.c
    )


def quoted(column: AnyColumn) -> str:
    """The name of a column as SQL has it."""
    return str(DIALECT.identifier_preparer.quote(column.name))


def view(name: str, branches: Iterable[str]) -> str:
    """The statement that makes a view of what several selects give."""
    return f"CREATE VIEW {SCHEMA}.{name} AS " + " UNION ALL ".join(branches)
