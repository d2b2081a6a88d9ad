"""What the database is told of a viewer: the guard behind auth/visibility.py, for a predicate that somebody forgot.

The policies of migration 0015 read it (decision 0022). A session that was told nothing sees no row of the tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

import models
from auth.viewer import Viewer
from domain.preview_sql import ITEM_SETTING, RELEASE_SETTING, SCHEMA, TABLES_SETTING

GUARDED_TABLES = frozenset(
    {
        "addresses",
        "api_tokens",
        "audit_log",
        "cart_lines",
        "carts",
        "content_analytics",
        "content_findings",
        "dead_letters",
        "external_identities",
        "fulfillment_lines",
        "fulfillments",
        "order_discounts",
        "order_events",
        "order_lines",
        "orders",
        "page_comments",
        "payment_methods",
        "payment_transactions",
        "payments",
        "post_comments",
        "promo_code_categories",
        "promo_code_products",
        "promo_codes",
        "provider_events",
        "recovery_codes",
        "release_events",
        "release_items",
        "releases",
        "revisions",
        "service_analytics",
        "stock_movements",
        "totp_credentials",
        "user_security_logs",
        "user_sessions",
    }
)
"""The tables of which a request sees what the database was told that it may. A test compares them with the database."""

WITHHELD_COLUMNS: Mapping[type[models.Base], Sequence[str]] = MappingProxyType({models.User: ("password_hash",)})
"""What no request may read of tables whose rows it reads whole (migration 0017)."""

USER_ID, PERMISSIONS, GUEST_ID = "merkato.user_id", "merkato.permissions", "merkato.guest_id"

IDENTIFY_SESSION = (
    f"SELECT set_config('{USER_ID}', $1, false), set_config('{PERMISSIONS}', $2, false),"
    f" set_config('{GUEST_ID}', $3, false)"
)
"""For a driver's connection, whose next user says so anew."""

IDENTIFY_PREVIEW = (
    f"{IDENTIFY_SESSION}, set_config('{TABLES_SETTING}', $4, false), set_config('{ITEM_SETTING}', $5, false),"
    f" set_config('{RELEASE_SETTING}', $6, false), current_schema()"
)
"""The same for one that previews, and whether it does: the schema that it looks in first."""

_IDENTIFICATION = select(
    func.set_config(USER_ID, bindparam("user_id"), True),  # noqa: FBT003 - until the end of the transaction
    func.set_config(PERMISSIONS, bindparam("permissions"), True),  # noqa: FBT003 - the same
    func.set_config(GUEST_ID, bindparam("guest_id"), True),  # noqa: FBT003 - the same
)
_PREVIEWING = select(
    func.current_schema(),
    func.set_config(TABLES_SETTING, bindparam("tables"), True),  # noqa: FBT003 - the same
    func.set_config(ITEM_SETTING, bindparam("item"), True),  # noqa: FBT003 - the same
    func.set_config(RELEASE_SETTING, bindparam("release"), True),  # noqa: FBT003 - the same
)


class NotPreviewingError(Exception):
    """The connection of a preview finds what readers see: the views are missing, or something is in between."""

    def __init__(self, schema: str | None) -> None:
        super().__init__(f"A connection for previews looks in {schema} first. Run `merkato migrate`.")


@dataclass(frozen=True, slots=True)
class Identity:
    """A viewer in the words of the policies."""

    user_id: str
    """Empty without an account."""
    permissions: str
    """Separated by commas."""
    guest_id: str
    """Empty without a guest's token."""

    @property
    def settings(self) -> tuple[str, str, str]:
        """What IDENTIFY_SESSION takes."""
        return self.user_id, self.permissions, self.guest_id


def identity_of(viewer: Viewer) -> Identity:
    """What the database is to know of the viewer."""
    return Identity(_text(viewer.user_id), ",".join(viewer.grants), _text(viewer.guest_id))


def _text(key: UUID | None) -> str:
    return "" if key is None else str(key)


def require_previewing(schema: str | None) -> None:
    """Refuse a connection that looks elsewhere first than in the views. Raises NotPreviewingError."""
    if schema != SCHEMA:
        raise NotPreviewingError(schema)


async def identify(session: AsyncSession, viewer: Viewer) -> None:
    """Tell the database who reads in this transaction, and what as if it were out. Raises NotPreviewingError."""
    identity = identity_of(viewer)
    given = {"user_id": identity.user_id, "permissions": identity.permissions, "guest_id": identity.guest_id}
    await session.execute(_IDENTIFICATION, given)
    if viewer.preview is not None:
        tables, item, release = viewer.preview.settings
        settings = {"tables": tables, "item": item, "release": release}
        require_previewing(await session.scalar(_PREVIEWING, settings))
