"""The page of the documentation that says who may do what, written from the code."""

from collections.abc import Iterable, Iterator

import strawberry
from graphql import is_object_type
from strawberry.schema.schema_converter import GraphQLCoreConverter

from auth.permissions import Permission, Requirement
from auth.roles import ROLE_PERMISSIONS
from schema.declare import DeclaredField

HEAD = """# Who may do what

Written by `merkato permissions`; do not edit it. Roles grant permissions, and whatever is guarded asks for a
permission, never for a role. A visitor, who has no account, is granted nothing. Whoever is signed in may besides see
and change what is their own: their account, addresses and reviews. An API token has those of its scopes that its
account's role grants too.

## Roles
"""

GUARDED = """
## What asks for them

`signed-in` is everybody with an account, `public` everybody. What is not listed may be read by everybody, as far as
they see its rows: `auth/visibility.py` says which those are.
"""


def permissions_page(schema: strawberry.Schema) -> str:
    """The page, in Markdown."""
    roles = [role.value.lower() for role in ROLE_PERMISSIONS]
    matrix = _table(["permission", "what it allows", "visitor", *roles], map(_permission_row, Permission))
    asking = sorted([name, f"`{requirement}`"] for name, requirement in _asking(schema))
    guarded = _table(["field or mutation", "asks for"], asking)
    return f"{HEAD}\n{matrix}\n{GUARDED}\n{guarded}\n"


def _permission_row(permission: Permission) -> list[str]:
    granted = ["●" if permission in grants else "" for grants in ROLE_PERMISSIONS.values()]
    return [f"`{permission}`", permission.description, "", *granted]


def _asking(schema: strawberry.Schema) -> Iterator[tuple[str, Requirement]]:
    """Every field that asks for something, and what."""
    for kind in schema._schema.type_map.values():  # noqa: SLF001 - strawberry has no public name for it
        if not is_object_type(kind) or kind.name.startswith("__"):
            continue
        for name, field in kind.fields.items():
            behind = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
            if isinstance(behind, DeclaredField) and behind.declaration.requires is not None:
                yield f"`{kind.name}.{name}`", behind.declaration.requires


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))
