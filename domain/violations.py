"""Constraints of the database as refusals: the database decides, and its decision gets the rule's own words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError

from domain.errors import DomainError

ABOUT_ROWS: Final = ("22", "23", "54")
"""The classes of SQLSTATE that say that rows are unfit: bad data, a violated constraint, a passed limit."""


def is_about_rows(error: DBAPIError) -> bool:
    """Whether the database refused what it was given, and not because of others, or because it is away."""
    return str(getattr(error.orig, "sqlstate", "")).startswith(ABOUT_ROWS)


@contextmanager
def refused_by(constraints: Mapping[str, DomainError]) -> Iterator[None]:
    """Raise the refusal that belongs to the constraint which the block violates; any other violation rises as it is.

    The transaction is lost then, and with it all that it has done.
    """
    try:
        yield
    except IntegrityError as error:
        refusal = constraints.get(violated(error))
        if refusal is None:
            raise
        raise refusal from error


def violated(error: IntegrityError) -> str:
    """The name of the constraint; empty when it has none, as NOT NULL has."""
    driver_error = error.orig.__cause__ if error.orig is not None else None
    return getattr(driver_error, "constraint_name", None) or ""
