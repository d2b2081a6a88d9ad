"""The demo shop on a database that is thrown away, with people who sign in to it."""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from auth.passwords import Passwords
from benchmarks.data import Database, describe_database
from models import Product, User
from server.database import create_engine
from server.embedded import EmbeddedPostgres
from server.migrating import migrate
from server.seeding import load_demo
from server.settings import load_settings

PASSWORD = "a long and quiet evening"  # noqa: S105 - of accounts that live as long as the measurement


@dataclass(frozen=True, slots=True)
class Shop:
    """What can be asked for, and by whom: everybody has the same password."""

    database: Database
    slugs: Sequence[str]
    emails: Sequence[str]


@contextmanager
def sign_in_shop(people: int) -> Iterator[Shop]:
    """The shop, for as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="merkato-") as folder, EmbeddedPostgres(Path(folder)) as postgres:
        emails = [f"person{number}@shop.example" for number in range(people)]
        slugs = asyncio.run(_fill(postgres.url, emails))
        yield Shop(asyncio.run(describe_database(postgres.url, Path(folder))), slugs, emails)


async def _fill(url: str, emails: Sequence[str]) -> Sequence[str]:
    engine = create_engine(url, load_settings({"app_env": "development"}))
    passwords = Passwords()
    await migrate(engine)
    await load_demo(engine)
    same = {"first_name": "Hana", "last_name": "Bekele", "password_hash": await passwords.hash(PASSWORD)}
    async with AsyncSession(engine) as session, session.begin():
        rows = [{"email": email, "is_email_verified": True, **same} for email in emails]
        await session.execute(insert(User), rows)
        slugs = (await session.scalars(select(Product.slug))).all()
    passwords.close()
    await engine.dispose()
    return slugs
