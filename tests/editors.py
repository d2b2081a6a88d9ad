"""Editors of tests: who sends the documents of `queries/`, and what comes of it."""

from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import Viewer, viewer_with_role
from models import Role
from tests.factories import add_user, writing
from tests.mutations import changed

QUERIES = Path(__file__).parents[1] / "queries"

Json = dict[str, Any]


def document(name: str) -> str:
    """A document of `queries/`."""
    return (QUERIES / f"{name}.graphql").read_text(encoding="utf-8")


async def editor(engine: AsyncEngine, role: Role = Role.EDITOR) -> Viewer:
    """Somebody with an account of that role."""
    async with writing(engine) as session:
        user = await add_user(session, role=role)
    return viewer_with_role(role, user.id)


async def edited(engine: AsyncEngine, viewer: Viewer, name: str, /, **given: Any) -> Json:
    """What the mutation of that document gives."""
    data = await changed(engine, document(name), {"input": given}, viewer)
    result: Json = data[name[0].lower() + name[1:]]
    return result
