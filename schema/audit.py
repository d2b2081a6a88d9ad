"""The audit log, as permitted staff sees it."""

from datetime import datetime

from sqlalchemy import Text, cast, func
from strawberry.scalars import JSON

import models
from schema.accounts import Account
from schema.declare import column, expression, one, table
from schema.enums import ActorKind, AuditAction, Permission
from schema.relay import Node


@table(models.AuditEntry, "A change of a row of the database, and who made it. Nobody can change an entry.")
class AuditEntry(Node):
    """A change."""

    recorded_at: datetime = column("When it was made.")
    table_name: str = column("The table that the row belongs to.")
    row_key: str = column(
        "The key of the row: a UUID, or several joined by commas. Empty when the whole table was emptied."
    )
    action: AuditAction = column("What happened to the row.")
    old_values: JSON = column("By column, what an update replaced, or what a deletion took away.")
    new_values: JSON = column("By column, what an insertion brought, or what an update put in its place.")
    withheld: list[str] = column("The columns that changed too, and whose values are secret or personal.")
    actor_kind: ActorKind = column("What kind of actor made it.")
    actor: Account | None = one(
        models.AuditEntry.actor,
        "The account of whoever made it, or of the owner of the API token.",
        requires=Permission.ACCOUNTS_READ,
    )
    actor_name: str | None = column("What the job or the command is called.")
    token_key: str | None = expression(
        lambda entry: cast(entry.token_id, Text), "The key of the API token that made it, as in `rowKey`."
    )
    database_role: str = column("The login that the database saw.")
    address: str | None = column("The IP address that it came from.")
    user_agent: str | None = column("What the client called itself.")
    request_id: str | None = column("The id of the request, or of the job.")
    is_sealed: bool = expression(lambda entry: entry.hash.is_not(None), "Whether it is part of the chain of hashes.")
    hash: str | None = expression(
        lambda entry: func.encode(entry.hash, "hex"), "Its hash in the chain; null until it is sealed."
    )
