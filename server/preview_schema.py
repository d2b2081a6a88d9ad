"""The views that previews read, made anew whenever the tables or the views themselves have changed.

No migration holds them: they follow from the models, and no data is in them. A view is in the way of whoever alters
what it reads, so that they go before migrations and come back after the last one (decision 0051).
"""

from sqlalchemy import Connection, text

from domain.preview_sql import SCHEMA
from domain.preview_views import digest, statements

DIGEST_THERE = text("SELECT obj_description(to_regnamespace(:name), 'pg_namespace')")


def are_current(connection: Connection) -> bool:
    """Whether the views are there as the code has them."""
    found = connection.scalar(DIGEST_THERE, {"name": SCHEMA})
    connection.rollback()
    return bool(found == digest())


def drop_views(connection: Connection) -> None:
    """Make room for migrations."""
    connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    connection.commit()


def make_views(connection: Connection) -> None:
    """Make them, all or none."""
    for statement in (f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE", *statements()):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS '{digest()}'")
    connection.commit()
