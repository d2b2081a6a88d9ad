"""The setting up of a shop: tables, settings file and administrator, all of them or none."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.administrators import Administrator
from server.administrators import new_administrator
from server.command_database import with_engine
from server.database_url import show_database_url
from server.env_file import env_text, new_env_file, require_no_env_file
from server.errors import ServerError
from server.init_answers import Answers, settings_of
from server.migrating import Migration, migrate
from server.settings import Settings
from server.stopping import undisturbed

LOCK_KEY = 7_318_349_394_477_058
"""The advisory lock of whoever makes the first administrator."""

TABLE_OF_ACCOUNTS = text("SELECT to_regclass('public.users') IS NOT NULL")
ADMINISTRATORS = text("SELECT EXISTS (SELECT FROM users WHERE role = 'ADMIN' AND is_active)")


class AlreadyInitialisedError(ServerError):
    """The database has an administrator, who would not expect another one."""

    def __init__(self, settings: Settings) -> None:
        url = settings.database_url
        where = show_database_url(url.get_secret_value()) if url else f"in {settings.data_directory}"
        super().__init__(
            f"The database {where} has an administrator, so that it is set up. Nothing was changed. "
            "`merkato create-admin` makes another one."
        )


@dataclass(frozen=True, slots=True)
class Initialised:
    """What was done. The password is shown once and stored nowhere."""

    migration: Migration
    password: str


def initialise(answers: Answers, person: Administrator) -> Initialised:
    """Migrate the database, make the administrator and write `.env`. What fails, or is interrupted, leaves no file.

    Raises ServerError, and DomainError for an administrator who cannot be one.
    """
    return with_engine(settings_of(answers), "init", lambda engine: set_up(engine, answers, person))


async def set_up(engine: AsyncEngine, answers: Answers, person: Administrator) -> Initialised:
    """The same on a database that is at hand."""
    require_no_env_file()
    settings = settings_of(answers)
    await _require_no_administrator(engine, settings)
    migration = await migrate(engine)
    return Initialised(migration, await _settle(engine, settings, env_text(answers), person))


async def _settle(engine: AsyncEngine, settings: Settings, file: str, person: Administrator) -> str:
    """The administrator's password. The file is there before the account is committed, and goes if it is not."""
    async with AsyncSession(engine) as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
        if await session.scalar(ADMINISTRATORS):
            raise AlreadyInitialisedError(settings)
        password = await new_administrator(session, person)
        await session.flush()
        with undisturbed(), new_env_file(file):
            await session.commit()
    return password


async def _require_no_administrator(engine: AsyncEngine, settings: Settings) -> None:
    """Before anything is migrated: the tables of an older release are somebody's."""
    async with engine.connect() as connection:
        if await connection.scalar(TABLE_OF_ACCOUNTS) and await connection.scalar(ADMINISTRATORS):
            raise AlreadyInitialisedError(settings)
