"""What accounts see of their own, and nobody else does, by both executors and with shared plans."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from graphql import parse
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.viewer import VISITOR, Viewer, viewer_with_role
from compiler.execution import Compiler, Operation
from models import ModerationStatus, Role
from resolvers.ids import encode_id
from schema.root import schema
from tests.api import data_of
from tests.factories import add_product, add_review, add_user, shared_engine, writing

REVIEWS = "{ reviews(first: 50, sort: OLDEST) { totalCount nodes { comment status } } }"
VIEWER = "{ viewer { id email role reviews { totalCount nodes { comment } } } }"


@dataclass(frozen=True, slots=True)
class People:
    """Two customers with reviews in every state."""

    selam: Viewer
    hana: Viewer
    pending_of_selam: UUID


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[AsyncEngine]:
    """A database for these tests."""
    async with shared_engine(postgres, migrated) as engine:
        yield engine


@pytest.fixture(scope="module")
async def people(shop: AsyncEngine) -> People:
    """Their rows: a review of each state by each, and one of a product that is hidden."""
    async with writing(shop) as session:
        products = [await add_product(session) for _ in ModerationStatus]
        hidden = await add_product(session, is_active=False)
        found = []
        for name in ("selam", "hana"):
            user = await add_user(session, email=f"{name}@example.com")
            for product, status in zip(products, ModerationStatus, strict=True):
                review = await add_review(session, product, user, status=status, comment=f"{name} {status}")
                found.append(review)
            await add_review(session, hidden, user, comment=f"{name} hidden")
    selam, hana = (viewer_with_role(Role.CUSTOMER, found[place].user_id) for place in (0, 3))
    return People(selam, hana, found[0].id)


async def test_reviews_that_are_not_approved_are_their_authors_alone(shop: AsyncEngine, people: People) -> None:
    async def seen(viewer: Viewer) -> set[str]:
        reviews = (await data_of(shop, REVIEWS, viewer=viewer))["reviews"]
        assert reviews["totalCount"] == len(reviews["nodes"])
        return {review["comment"] for review in reviews["nodes"]}

    public = {"selam APPROVED", "hana APPROVED"}
    assert await seen(VISITOR) == public
    assert await seen(people.selam) == public | {"selam PENDING", "selam REJECTED"}
    assert await seen(people.hana) == public | {"hana PENDING", "hana REJECTED"}


async def test_node_is_found_by_its_owner_alone(shop: AsyncEngine, people: People) -> None:
    variables = {"id": encode_id("Review", people.pending_of_selam)}
    query = "query($id: ID!) { node(id: $id) { ... on Review { comment } } }"
    assert await data_of(shop, query, variables, people.selam) == {"node": {"comment": "selam PENDING"}}
    assert await data_of(shop, query, variables, people.hana) == {"node": None}
    assert await data_of(shop, query, variables) == {"node": None}


async def test_viewer_is_the_account_of_whoever_asks(shop: AsyncEngine, people: People) -> None:
    assert await data_of(shop, VIEWER) == {"viewer": None}
    assert await data_of(shop, VIEWER, viewer=viewer_with_role(Role.STAFF)) == {"viewer": None}
    for name, viewer in (("selam", people.selam), ("hana", people.hana)):
        account = (await data_of(shop, VIEWER, viewer=viewer))["viewer"]
        assert (account["email"], account["role"]) == (f"{name}@example.com", "CUSTOMER")
        assert account["id"] == encode_id("Account", viewer.account_id)
        assert {review["comment"].split()[0] for review in account["reviews"]["nodes"]} == {name}
        assert account["reviews"]["totalCount"] == 3


def test_accounts_share_a_plan_and_visitors_have_another(people: People) -> None:
    compiler = Compiler(schema)
    document = parse(REVIEWS)
    operation = Operation(document, document.definitions[0])  # type: ignore[arg-type]
    values = compiler.coerce(operation, {})
    assert not isinstance(values, list)
    plans = [compiler.plan(operation, values, viewer) for viewer in (people.selam, people.hana, VISITOR)]
    assert plans[0] is plans[1]
    assert plans[1] is not plans[2]
    assert [bool(plan.personal) for plan in plans] == [True, True, False]
    bound = plans[0].bind(values.coerced, people.selam)
    assert people.selam.account_id in bound.parameters
    assert bound.for_viewer(people.hana).parameters == plans[0].bind(values.coerced, people.hana).parameters
    assert str(people.selam.user_id) not in plans[0].sql
