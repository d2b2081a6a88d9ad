"""The life of `merkato serve`: refuse what must not serve the public, then serve."""

import asyncio

from server.database import opened_engine, require_roles
from server.executor import require_trusted_documents
from server.migrating import require_head
from server.serving import reserved_address, serve
from server.settings import Settings, SettingsError, find_encryption_weakness, find_weakness

KEYS = ("secret_key", "jwt_secret_key")


def run_production(settings: Settings) -> None:
    """Serve until asked to end. Raises a ServerError."""
    url = require_production_settings(settings)
    require_trusted_documents(settings)
    with reserved_address(settings.host, settings.port) as listener:
        asyncio.run(_require_migrated(url, settings))
        serve(settings, listener)


def require_production_settings(settings: Settings) -> str:
    """The address of the database. Raises SettingsError for what only development may do without."""
    problems = {name.upper(): problem for name in KEYS if (problem := _key_problem(settings, name)) is not None}
    if (problem := find_encryption_weakness(settings.encryption_keys.get_secret_value(), strict=True)) is not None:
        problems["ENCRYPTION_KEYS"] = problem
    if settings.database_url is None:
        problems["DATABASE_URL"] = "is required: the embedded PostgreSQL serves `merkato dev` only."
    if problems or settings.database_url is None:
        raise SettingsError(problems)
    return settings.database_url.get_secret_value()


def _key_problem(settings: Settings, name: str) -> str | None:
    """Why a key must not serve. One that was generated would be another one in each process."""
    given = getattr(settings, name).get_secret_value() if name in settings.model_fields_set else ""
    return find_weakness(given, strict=True)


async def _require_migrated(url: str, settings: Settings) -> None:
    async with opened_engine(url, settings) as engine:
        await require_head(engine)
    await require_roles(url, settings)
