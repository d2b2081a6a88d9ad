"""How the audit log is filtered and sorted."""

from enum import Enum

import strawberry

from domain import conditions
from schema.declare import sort_enum
from schema.enums import ActorKind, AuditAction
from schema.filters import condition, filter_input, in_span, keys_of
from schema.orders import ascending, descending
from schema.values import DateTimeRange


@sort_enum("How the audit log is sorted.")
class AuditSort(Enum):
    """Orders of the audit log."""

    NEWEST = descending("audit:newest", lambda entry: entry.recorded_at, "The newest first.")
    OLDEST = ascending("audit:oldest", lambda entry: entry.recorded_at, "The oldest first.")


@filter_input("Conditions on changes, which must all hold.")
class AuditFilter:
    """What the audit log is filtered by."""

    tables: list[str] | None = condition(
        lambda entry, names: conditions.among(entry.table_name, names), "Of one of these tables."
    )
    row_keys: list[str] | None = condition(
        lambda entry, keys: conditions.among(entry.row_key, keys),
        "Of rows with one of these keys, as in `rowKey`.",
    )
    actions: list[AuditAction] | None = condition(
        lambda entry, actions: conditions.one_of(entry.action, actions), "One of these actions."
    )
    actor_kinds: list[ActorKind] | None = condition(
        lambda entry, kinds: conditions.one_of(entry.actor_kind, kinds), "By one of these kinds of actors."
    )
    actors: list[strawberry.ID] | None = condition(
        lambda entry, ids: conditions.among(entry.actor_id, keys_of("Account", ids)),
        "By one of these accounts, or an API token of theirs.",
    )
    actor_names: list[str] | None = condition(
        lambda entry, names: conditions.among(entry.actor_name, names), "By one of these jobs or commands."
    )
    request_ids: list[str] | None = condition(
        lambda entry, ids: conditions.among(entry.request_id, ids), "In one of these requests or jobs."
    )
    recorded_at: DateTimeRange | None = condition(
        in_span(lambda entry: entry.recorded_at), "Made in this span of time."
    )
