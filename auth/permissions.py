"""The one vocabulary of permissions, `area:action`, and what may stand in its place."""

from enum import StrEnum
from typing import Self


class Permission(StrEnum):
    """What a field, a row or a mutation may ask for. Roles grant permissions; nothing asks for a role."""

    description: str

    def __new__(cls, value: str, description: str) -> Self:
        """A member with the text that explains it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member

    CATALOG_READ = "catalog:read", "See inactive products and categories, and internal notes."
    CATALOG_WRITE = "catalog:write", "Make and change products, variants and categories."
    COSTS_READ = "costs:read", "See what the shop itself pays."
    COSTS_WRITE = "costs:write", "Change what the shop itself pays."
    STOCK_READ = "stock:read", "See exact quantities, where visitors see only whether there is stock."
    STOCK_WRITE = "stock:write", "Receive, count and correct stock."
    SERVICES_READ = "services:read", "See invisible services and tiers, and internal notes."
    SERVICES_WRITE = "services:write", "Make and change services and their tiers."
    CONTENT_READ = "content:read", "See drafts, scheduled and archived posts, and internal notes."
    CONTENT_WRITE = "content:write", "Write and change drafts, and upload media."
    CONTENT_PUBLISH = "content:publish", "Publish, schedule and archive posts."
    REVIEWS_READ = "reviews:read", "See reviews that are not approved, and their moderation notes."
    REVIEWS_WRITE = "reviews:write", "Approve and reject reviews."
    CARTS_READ = "carts:read", "See the carts of others."
    CARTS_WRITE = "carts:write", "Change the carts of others."
    ORDERS_READ = "orders:read", "See the orders of all customers."
    ORDERS_WRITE = "orders:write", "Change orders, and move them on."
    PAYMENTS_READ = "payments:read", "See payments and refunds."
    PAYMENTS_WRITE = "payments:write", "Confirm payments, and refund them."
    PROMOTIONS_READ = "promotions:read", "See promotions and codes before they begin, and how they are used."
    PROMOTIONS_WRITE = "promotions:write", "Make and change promotions and codes."
    LOYALTY_READ = "loyalty:read", "See the points of all customers."
    LOYALTY_WRITE = "loyalty:write", "Give and take points."
    DELIVERY_READ = "delivery:read", "See all deliveries."
    DELIVERY_WRITE = "delivery:write", "Plan deliveries, and assign riders."
    DELIVERY_CARRY = "delivery:carry", "See the deliveries that are assigned to oneself, and say how far they are."
    LEADS_READ = "leads:read", "See inquiries, quotes and projects."
    LEADS_WRITE = "leads:write", "Answer inquiries, and change quotes and projects."
    ACCOUNTS_READ = "accounts:read", "See e-mail addresses and the accounts behind public names."
    ACCOUNTS_WRITE = "accounts:write", "Invite people, change roles, deactivate accounts and end their sessions."
    SHOP_READ = "shop:read", "See settings of the shop that are not public."
    SHOP_WRITE = "shop:write", "Change the settings of the shop."
    ANALYTICS_READ = "analytics:read", "See figures and reports."
    AUDIT_READ = "audit:read", "See who changed what."
    JOBS_READ = "jobs:read", "See jobs that failed for good."
    JOBS_WRITE = "jobs:write", "Do jobs again that failed for good, or drop them."
    DATABASE_READ = "database:read", "See how the database does: sizes, connections, unused indexes, slow statements."
    DIAGNOSTICS_READ = "diagnostics:read", "See how a request was answered: executor, statements, caches, tables."

    @property
    def area(self) -> str:
        """What it is about, as in the names of modules."""
        return self.value.partition(":")[0]

    @property
    def only_reads(self) -> bool:
        """Whether it changes nothing."""
        return self.value.endswith(":read")


class Gate(StrEnum):
    """What may stand where a permission is asked for, when it takes none."""

    PUBLIC = "public"
    """Everybody."""
    SIGNED_IN = "signed-in"
    """Everybody with an account; what it opens is the account's own."""


Requirement = Permission | Gate
"""What a field asks of its viewer."""
