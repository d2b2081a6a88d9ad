"""What the database itself promises: that its constraints and triggers are at work."""

from typing import Final

from sqlalchemy import ForeignKeyConstraint

from domain.checking import Check
from models.base import Base


def _orphans(key: ForeignKeyConstraint) -> str:
    """By the models, not by the database: the constraint may have been dropped."""
    own, pairs = key.parent.name, [(pair.parent.name, pair.column.name) for pair in key.elements]
    named = " AND ".join(f"child.{child} IS NOT NULL" for child, _ in pairs)
    same = " AND ".join(f"parent.{parent} = child.{child}" for child, parent in pairs)
    is_there = f"EXISTS (SELECT FROM {key.referred_table.name} AS parent WHERE {same})"
    return (
        f"SELECT '{own}.{key.column_keys[0]} (' || count(*) || ')' AS found FROM {own} AS child "  # noqa: S608 - our own names
        f"WHERE {named} AND NOT {is_there} HAVING count(*) > 0"
    )


CONSTRAINTS: Final = Check(
    "constraints",
    "Every constraint was checked against all rows.",
    """
    SELECT conrelid::regclass || '.' || conname AS found FROM pg_constraint
    WHERE NOT convalidated AND connamespace = 'public'::regnamespace
    """,
)
TRIGGERS: Final = Check(
    "triggers",
    "No trigger that keeps a promise is disabled.",
    """
    SELECT tgrelid::regclass || '.' || tgname AS found FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE tgenabled = 'D' AND relnamespace = 'public'::regnamespace
    """,
)
ORPHANS: Final = Check(
    "orphans",
    "Every row that names another names one that is there.",
    " UNION ALL ".join(
        _orphans(key) for table in Base.metadata.tables.values() for key in table.foreign_key_constraints
    ),
)

DATABASE_CHECKS: Final = (CONSTRAINTS, TRIGGERS, ORPHANS)
