"""The one vocabulary of permissions, `area:action`, and what each role is granted."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from models import Role


class Permission(StrEnum):
    """What a field, a row or a mutation may ask for. Roles grant permissions; nothing asks for a role."""

    CATALOG_READ = "catalog:read"
    """Inactive products and categories, and internal notes."""
    COSTS_READ = "costs:read"
    """What the shop itself pays."""
    STOCK_READ = "stock:read"
    """Exact quantities, where visitors see only whether there is stock."""
    SERVICES_READ = "services:read"
    """Invisible services and tiers, and internal notes."""
    CONTENT_READ = "content:read"
    """Drafts, scheduled and archived posts, and internal notes."""
    REVIEWS_READ = "reviews:read"
    """Reviews that are not approved, and their moderation notes."""
    ACCOUNTS_READ = "accounts:read"
    """E-mail addresses and the accounts behind public names."""
    DIAGNOSTICS_READ = "diagnostics:read"
    """How a request was answered: executor, statements, caches, tables."""


class Gate(StrEnum):
    """What may stand where a permission is asked for, when it takes none."""

    PUBLIC = "public"
    """Everybody."""
    SIGNED_IN = "signed-in"
    """Everybody with an account; what it opens is the account's own."""


Requirement = Permission | Gate
"""What a field asks of its viewer."""

READ_ALL = frozenset(Permission)

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.CUSTOMER: frozenset(),
        Role.RIDER: frozenset(),
        Role.AUTHOR: frozenset({Permission.CONTENT_READ}),
        Role.EDITOR: frozenset({Permission.CONTENT_READ, Permission.CATALOG_READ, Permission.SERVICES_READ}),
        Role.STAFF: frozenset(
            {
                Permission.CATALOG_READ,
                Permission.STOCK_READ,
                Permission.SERVICES_READ,
                Permission.CONTENT_READ,
                Permission.REVIEWS_READ,
                Permission.ACCOUNTS_READ,
            }
        ),
        Role.ANALYST: READ_ALL,
        Role.ADMIN: READ_ALL,
    }
)
