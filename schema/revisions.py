"""Revisions: what an item said in each of its versions."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import and_
from strawberry.scalars import JSON

import models
from auth.permissions import Permission
from domain.revision_diffs import FieldChange as FieldChangeValue
from resolvers.loading import Link
from schema.declare import column, many, one, sort_enum, table
from schema.orders import descending
from schema.payloads import payload
from schema.relay import Node

if TYPE_CHECKING:
    from schema.accounts import Account


COMPARING_COST = 5
"""Of what is different between two versions: five statements at the most."""


@sort_enum("How revisions are sorted.")
class RevisionSort(Enum):
    """Orders of revisions."""

    NEWEST = descending("revision:newest", lambda revision: revision.version, "The newest first.")


@table(models.Revision, "What an item said in one of its versions. Nobody can change it.")
class Revision(Node):
    """A version of an item."""

    version: int = column("The version, from 1.")
    content: JSON = column("What it said, with its relations: by field, as the item's input calls it in `snake_case`.")
    recorded_at: datetime = column("When it was made.")
    editor: Annotated["Account", strawberry.lazy("schema.accounts")] | None = one(
        models.Revision.editor, "Who made it; null for what was there before.", requires=Permission.ACCOUNTS_READ
    )


@payload(FieldChangeValue, "A field that says something else in one version than in another.")
class FieldChange:
    """A change."""

    path: list[str] = strawberry.field(
        description="Where it is in the content: fields, ids of parts such as variants, and what members of lists are "
        "known by: labels by themselves, pictures by their `url`, lines of menus by what they say."
    )
    before: JSON | None = strawberry.field(description="What it said; null where it was not.")
    after: JSON | None = strawberry.field(description="What it says; null where it is not any more.")


def revisions_of(model: type[models.Base], requires: Permission) -> Any:
    """The field of a type whose rows have revisions."""
    table_name = model.__tablename__
    link = Link(models.Revision, lambda revision, key: and_(revision.table_name == table_name, revision.row_id == key))
    return many(link, "What it said in each of its versions.", order=RevisionSort.NEWEST, requires=requires)
