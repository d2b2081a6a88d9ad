"""Both executors give the same answer when they show drafts."""

from dataclasses import replace
from typing import Any

import pytest
from graphql import get_operation_ast, parse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.previews import Preview
from auth.viewer import VISITOR, Viewer, viewer_with_role
from compiler.execution import Operation
from domain.catalog_kinds import PRODUCT, SERVICE
from domain.content_kinds import POST, Kind
from domain.editing import ItemChange, edit_item
from models import Role
from server.read_pool import ReadPool
from tests.compiler.conftest import OWNERS
from tests.compiler.operations import Asked, Pool, operations
from tests.compiler.test_equality import COMPILER, EXAMPLES, assert_equal, compare
from tests.drafts import EVERYTHING, PREVIEWER
from tests.queries.test_documents import QUERIES, read_document

DRAFTED = 8
"""So many of each kind are changed: those that documents and drawn operations find first."""


async def change(session: AsyncSession, kind: Kind[Any], **changes: Any) -> list[Any]:
    """Give the oldest items of a kind a draft."""
    rows = (await session.scalars(select(kind.model).order_by(kind.model.id).limit(DRAFTED))).all()
    for place, row in enumerate(rows):
        wanted = {name: f"{value} {place}" if isinstance(value, str) else value for name, value in changes.items()}
        await edit_item(session, kind, ItemChange(row.id, row.version, wanted))
    return [row.id for row in rows]


@pytest.fixture(scope="module")
async def viewers(odd_engine: AsyncEngine) -> dict[str, Viewer]:
    """Whoever may come with a token. Readers of that shop see no difference."""
    async with AsyncSession(odd_engine) as session, session.begin():
        products = await change(session, PRODUCT, name="O'Draft", tags=["drafted", "backup"], features=["ሰላም", ""])
        await change(session, POST, title="Drafted", body="# A\n\nb", tags=["drafted"])
        await change(session, SERVICE, title="Drafted", features=["odd"])
    one = Viewer(preview=Preview(frozenset({"products"}), products[0]))
    customer, staff = viewer_with_role(Role.CUSTOMER, OWNERS[0]), viewer_with_role(Role.ADMIN, OWNERS[1])
    return {
        "ALL": PREVIEWER,
        "ONE": one,
        "CUSTOMER": replace(customer, preview=EVERYTHING),
        "ADMIN": replace(staff, preview=EVERYTHING),
    }


def test_preview_is_asked_for_with_the_statements_of_readers() -> None:
    """Letter by letter: so readers pay nothing for there being previews."""
    for path in QUERIES:
        query, variables = read_document(path)
        document = parse(query)
        definition = get_operation_ast(document)
        assert definition is not None
        operation = Operation(document, definition)
        values = COMPILER.coerce(operation, variables)
        assert not isinstance(values, list)
        of_readers, of_previews = (COMPILER.plan(operation, values, viewer) for viewer in (VISITOR, PREVIEWER))
        assert of_readers is not of_previews
        assert of_readers.sql == of_previews.sql


async def test_executors_agree_on_documents_of_previews(
    viewers: dict[str, Viewer], odd_engine: AsyncEngine, read_pool: ReadPool
) -> None:
    for path in QUERIES:
        asked = Asked(*read_document(path))
        assert await assert_equal(odd_engine, read_pool, asked, viewers["ALL"]) == "compiled", path


async def test_executors_agree_on_generated_operations_of_previews(
    viewers: dict[str, Viewer], odd_engine: AsyncEngine, read_pool: ReadPool, pool: Pool
) -> None:
    examples = EXAMPLES // 4
    tally = await compare(odd_engine, read_pool, operations(pool), viewers, examples)
    assert tally["compiled"] > examples / 10, tally
