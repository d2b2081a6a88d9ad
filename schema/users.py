"""Lists of accounts, for permitted staff."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, func

from auth import account_state
from domain import conditions
from schema.declare import sort_enum
from schema.enums import Role
from schema.filters import condition, filter_input, in_span
from schema.orders import ascending, descending
from schema.values import DateTimeRange


@sort_enum("How accounts are sorted.")
class AccountSort(Enum):
    """Orders of account lists."""

    NEWEST = descending("account:newest", lambda user: user.created_at, "The newest first.")
    OLDEST = ascending("account:oldest", lambda user: user.created_at, "The oldest first.")
    EMAIL_ASC = ascending("account:email-asc", lambda user: user.email, "By e-mail address.")
    EMAIL_DESC = descending("account:email-desc", lambda user: user.email, "By e-mail address, backwards.")


def _has_second_factor(user: Any, wanted: bool) -> ColumnElement[bool]:
    return account_state.second_factor_is_on(user).is_(wanted)


def _is_deleted(user: Any, wanted: bool) -> ColumnElement[bool]:
    return user.deleted_at.is_not(None) if wanted else user.deleted_at.is_(None)  # type: ignore[no-any-return]


def _contains(user: Any, part: Any) -> ColumnElement[bool]:
    """Somebody looks for a person of whom they know a part of the address or of the name, in any case."""
    known = func.concat_ws("\n", user.email, user.username, func.concat_ws(" ", user.first_name, user.last_name))
    return func.strpos(func.lower(known), func.lower(part)) > 0


@filter_input("Conditions on accounts, which must all hold.")
class AccountFilter:
    """What accounts are filtered by."""

    roles: list[Role] | None = condition(
        lambda user, roles: conditions.one_of(user.role, roles), "With one of these roles."
    )
    is_active: bool | None = condition(lambda user, wanted: user.is_active.is_(wanted), "Whether they can sign in.")
    is_email_verified: bool | None = condition(
        lambda user, wanted: user.is_email_verified.is_(wanted), "Whether their e-mail address is proved."
    )
    has_second_factor: bool | None = condition(_has_second_factor, "Whether they sign in with a second factor.")
    is_deleted: bool | None = condition(_is_deleted, "Whether their owners deleted them.")
    contains: str | None = condition(
        _contains, "With this text in the e-mail address, the user name, or the first and last name."
    )
    created_at: DateTimeRange | None = condition(in_span(lambda user: user.created_at), "Made in this span of time.")
