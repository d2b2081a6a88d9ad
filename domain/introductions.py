"""How the database comes to know who acts: by the first statement of a transaction that can tell it, or else before it.

A message of its own costs as much as the statement that follows (decision 0062).
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, bindparam, func, literal_column, select, true

ACTOR = "merkato.actor"
"""The setting that the triggers read (migration 0020)."""

ACTING = "acting_as"
"""The parameter of statements that tell who acts: the actor in the words of the triggers, or None if that is told."""

TELL = f"SELECT set_config('{ACTOR}', $1, true)"
"""The message of its own. The setting holds until the transaction ends."""


@dataclass(slots=True)
class Introduction:
    """Who acts in the transactions of a session, which each tell the database before anything else is written."""

    setting: str
    """The actor in the words of the triggers."""
    is_told: bool = False
    """Whether the transaction at hand has done so."""


def actor_is_told() -> ColumnElement[bool]:
    """A condition that tells who acts, and holds.

    Of a statement that writes only rows for which it holds, nothing is written before it is told: what is compared is
    what the setting gives once it is set. A statement that finds no such row may not have told anybody.
    """
    acting = func.coalesce(bindparam(ACTING, type_=Text()), _KNOWN)
    return select(func.set_config(_SETTING, acting, true())).scalar_subquery().is_not(None)


_SETTING: ColumnElement[str] = literal_column(f"'{ACTOR}'", Text())
_KNOWN: ColumnElement[str] = literal_column(f"coalesce(current_setting('{ACTOR}', true), '')", Text())
"""Who was told to act, by whatever means; empty where nobody was."""
