"""The roles that the server's connections act as, which migration 0014 makes (decision 0022)."""

from enum import StrEnum

import asyncpg

from server.errors import ServerError


class DatabaseRole(StrEnum):
    """Whose privileges a connection has. Neither role owns a table, nor bypasses row-level security."""

    APP = "merkato_app"
    """Whoever a request reads for: of personal tables it sees what the policies let that viewer see."""
    SYSTEM = "merkato_system"
    """The server itself: what mutations write, and what is done before anybody is signed in or for nobody."""


class RoleRefusedError(ServerError):
    """The login of DATABASE_URL cannot be used as the server needs it."""

    def __init__(self, role: DatabaseRole, reason: str) -> None:
        super().__init__(
            f"The login of DATABASE_URL cannot act as {role}: {reason.strip().rstrip('.')}. "
            f"Have the owner of the roles run GRANT {', '.join(DatabaseRole)} TO that login (docs/operations.md)."
        )


async def require_role(connection: asyncpg.Connection, role: DatabaseRole) -> None:
    """Raise RoleRefusedError if something between us and PostgreSQL did not pass the role on."""
    acting: str = await connection.fetchval("SELECT current_user")
    if acting != role:
        raise RoleRefusedError(role, f"it acts as {acting}")
