"""What every mutation can rely on: one transaction, tried again after contention, and its own write in its answer."""

import asyncio
import logging
from typing import Annotated

import pytest
import strawberry
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.permissions import Gate, Permission
from auth.viewer import Viewer, viewer_with_role
from domain.errors import DomainError, invalid
from models import Product, Role, Shop, Tag, User
from resolvers.context import Context
from resolvers.input_rules import NumberRule, TextRule
from resolvers.writing import PAUSES_SECONDS
from schema.catalog import Product as ProductType
from schema.declare import mutation
from schema.inputs import UndeclaredInputError, items, key, mutation_input, nested, number
from schema.inputs import text as text_field
from schema.problems import InvalidInput, Problem, problem
from tests.databases import closed_to_newcomers
from tests.factories import add_product, add_tag, add_user, writing
from tests.mutations import answer_to, changed, executor_of
from tests.statements import count_rows, execute, scalar

UPDATE = """
    mutation($input: UpdateProfileInput!) {
      updateProfile(input: $input) {
        __typename
        ... on Account { firstName lastName username avatarUrl email }
        ... on Problem { message }
        ... on InvalidInput { fields { path message } }
        ... on UsernameTaken { taken }
      }
    }
"""


async def customer(engine: AsyncEngine, **overrides: str) -> Viewer:
    """A viewer with an account."""
    async with writing(engine) as session:
        user = await add_user(session, **overrides)
    return viewer_with_role(Role.CUSTOMER, user.id)


# The whole way, with the first mutation of the schema


async def test_mutation_answers_with_what_it_wrote(engine: AsyncEngine) -> None:
    viewer = await customer(engine, email="a@example.com", username="old")
    given = {"firstName": " Hana ", "username": None, "avatarUrl": "/media/hana.webp"}
    data = await changed(engine, UPDATE, {"input": given}, viewer)
    assert data["updateProfile"] == {
        "__typename": "Account",
        "firstName": "Hana",
        "lastName": "Tesfaye",
        "username": None,
        "avatarUrl": "/media/hana.webp",
        "email": "a@example.com",
    }
    assert await scalar(engine, select(User.first_name)) == "Hana"


async def test_answer_shows_what_triggers_made_of_the_row(engine: AsyncEngine) -> None:
    viewer = await customer(engine)
    before = await scalar(engine, select(User.updated_at))
    document = """mutation { updateProfile(input: {firstName: "Hana"}) { ... on Account { updatedAt } } }"""
    data = await changed(engine, document, None, viewer)
    after = await scalar(engine, select(User.updated_at))
    assert after > before
    assert data["updateProfile"]["updatedAt"] == after.isoformat(timespec="milliseconds")[:23] + "Z"


async def test_refused_mutation_changes_nothing_and_says_why(engine: AsyncEngine) -> None:
    await customer(engine, username="selam")
    viewer = await customer(engine, username="other")
    data = await changed(engine, UPDATE, {"input": {"firstName": "New", "username": "selam"}}, viewer)
    assert data["updateProfile"] == {
        "__typename": "UsernameTaken",
        "message": "The username selam is taken. Choose another.",
        "taken": "selam",
    }
    assert await scalar(engine, select(func.count()).where(User.first_name == "New")) == 0


async def test_of_fifty_who_want_one_username_one_gets_it(engine: AsyncEngine) -> None:
    viewers = [await customer(engine) for _ in range(50)]
    answers = await asyncio.gather(
        *(changed(engine, UPDATE, {"input": {"username": "selam"}}, viewer) for viewer in viewers)
    )
    kinds = sorted(answer["updateProfile"]["__typename"] for answer in answers)
    assert kinds == ["Account"] + ["UsernameTaken"] * 49


async def test_visitor_is_told_to_sign_in(engine: AsyncEngine) -> None:
    answer = await answer_to(engine, UPDATE, {"input": {"firstName": "New"}})
    assert answer.body() == {
        "data": {"updateProfile": None},
        "errors": [
            {
                "message": "This field is for those who are signed in. Sign in first.",
                "locations": [{"line": 3, "column": 7}],
                "path": ["updateProfile"],
                "extensions": {"code": "UNAUTHENTICATED"},
            }
        ],
    }


async def test_account_that_is_gone_changes_nothing(engine: AsyncEngine) -> None:
    viewer = await customer(engine)
    await execute(engine, update(User).values(is_active=False))
    data = await changed(engine, UPDATE, {"input": {"firstName": "New"}}, viewer)
    assert data["updateProfile"]["__typename"] == "AccountGone"


async def test_all_that_is_wrong_with_an_input_is_told_at_once(engine: AsyncEngine) -> None:
    viewer = await customer(engine)
    given = {"firstName": "  ", "lastName": "x" * 101, "username": "a\x00b", "avatarUrl": "ftp"}
    data = await changed(engine, UPDATE, {"input": given}, viewer)
    assert data["updateProfile"]["__typename"] == "InvalidInput"
    assert data["updateProfile"]["fields"] == [
        {"path": ["input", "firstName"], "message": "It must not be empty."},
        {"path": ["input", "lastName"], "message": "It has 101 characters; 100 are the most."},
        {
            "path": ["input", "username"],
            "message": "It must not hold the NUL character (U+0000) or a lone surrogate. Remove it.",
        },
    ]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://example.com/a.png", "https://a b", "data:,"])
async def test_rule_of_the_domain_names_the_field_of_the_input(engine: AsyncEngine, address: str) -> None:
    data = await changed(engine, UPDATE, {"input": {"avatarUrl": address}}, await customer(engine))
    assert data["updateProfile"]["fields"] == [
        {"path": ["input", "avatarUrl"], "message": "It must begin with https:// or /."}
    ]


async def test_null_is_refused_where_it_clears_nothing(engine: AsyncEngine) -> None:
    data = await changed(engine, UPDATE, {"input": {"firstName": None}}, await customer(engine))
    assert data["updateProfile"]["fields"] == [
        {"path": ["input", "firstName"], "message": "It must not be null. Leave it out, or give it a value."}
    ]


async def test_nul_in_a_variable_within_an_input_is_refused_before(engine: AsyncEngine) -> None:
    document = "mutation($name: String) { updateProfile(input: {firstName: $name}) { __typename } }"
    answer = await answer_to(engine, document, {"name": "a\x00b"}, await customer(engine))
    assert [(error.extensions or {})["code"] for error in answer.errors] == ["BAD_USER_INPUT"]
    assert not answer.is_executed


async def test_mutation_while_the_database_is_away_is_told_so_and_the_next_one_works(
    engine: AsyncEngine, database_url: str
) -> None:
    viewer = await customer(engine)
    await engine.dispose()
    async with closed_to_newcomers(database_url):
        answer = await answer_to(engine, UPDATE, {"input": {"firstName": "New"}}, viewer)
        assert [(error.extensions or {})["code"] for error in answer.errors] == ["SERVICE_UNAVAILABLE"]
        assert answer.status() == 503
    data = await changed(engine, UPDATE, {"input": {"firstName": "New"}}, viewer)
    assert data["updateProfile"]["firstName"] == "New"


async def test_connection_lost_in_the_middle_undoes_all(engine: AsyncEngine) -> None:
    async def lose(context: Context) -> Product:
        async with context.writing() as session:
            await add_tag(session)
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        raise AssertionError

    @strawberry.type
    class Loses:
        drop: Result | None = mutation(lose, "Lose.", requires=Gate.PUBLIC)

    answer = await answer_to(engine, "mutation { drop { __typename } }", executor=executor_of(Loses))
    assert [(error.extensions or {})["code"] for error in answer.errors] == ["SERVICE_UNAVAILABLE"]
    assert await count_rows(engine, Tag) == 0


# Several mutations of one document


async def test_each_mutation_sees_what_those_before_it_wrote(engine: AsyncEngine) -> None:
    viewer = await customer(engine)
    document = """
        mutation {
          a: updateProfile(input: {firstName: "A"}) { ... on Account { firstName lastName } }
          b: updateProfile(input: {lastName: "B"}) { ... on Account { firstName lastName } }
          c: updateProfile(input: {avatarUrl: "no"}) { ... on InvalidInput { message } }
          d: updateProfile(input: {firstName: "D"}) { ... on Account { firstName lastName } }
        }
    """
    assert await changed(engine, document, None, viewer) == {
        "a": {"firstName": "A", "lastName": "Tesfaye"},
        "b": {"firstName": "A", "lastName": "B"},
        "c": {"message": "input.avatarUrl: It must begin with https:// or /."},
        "d": {"firstName": "D", "lastName": "B"},
    }


# A schema of the test's own: what the layer does with any function


class SoldOutError(DomainError):
    """Nothing is left."""


class UnforeseenError(DomainError):
    """Has no place in any result."""


@problem(SoldOutError, "Nothing is left.")
class SoldOut(Problem):
    """Nothing is left."""


@mutation_input("A part of another input.")
class LineInput:
    """A part."""

    quantity: int = number("How many.", least=1, most=9)
    note: str | None = text_field("A note.", longest=5, clearable=True)


@mutation_input("Everything that an input may hold.")
class OrderInput:
    """Everything."""

    product: strawberry.ID | None = key("A product.", "Product")
    main: LineInput | None = nested("A line.", dict)
    tags: list[str] | None = items("Labels.", TextRule(longest=3), most=2)
    sizes: list[int] | None = items("Sizes.", NumberRule(least=1, most=3), least=1)


Result = Annotated[ProductType | SoldOut | InvalidInput, strawberry.union("Result")]


async def rename_product(context: Context) -> Product:
    """Make the only product another."""
    async with context.writing() as session:
        product = (await session.scalars(select(Product))).one()
        product.name = "New"
        await session.flush()
    return product


async def sell_out(context: Context) -> Product:
    """Write something, then refuse."""
    async with context.writing() as session:
        await add_tag(session)
        raise SoldOutError("Nothing is left.")


async def fail(context: Context) -> Product:
    """Refuse with what nobody expects."""
    async with context.writing() as session:
        await add_tag(session)
        raise UnforeseenError("A secret.")


async def order(_context: Context, **given: object) -> Product:
    """Tell what arrived."""
    raise invalid("got", repr(sorted(given.items())))


@strawberry.type
class Changes:
    """Mutations of all kinds."""

    rename: Result | None = mutation(rename_product, "Rename.", requires=Gate.PUBLIC)
    sell_out: Result | None = mutation(sell_out, "Sell out.", requires=Gate.PUBLIC)
    fail: Result | None = mutation(fail, "Fail.", requires=Gate.PUBLIC)
    order: Result | None = mutation(order, "Order.", input=OrderInput, requires=Gate.PUBLIC)
    guard: Result | None = mutation(rename_product, "Guard.", requires=Permission.CATALOG_READ)


OWN = executor_of(Changes)


async def test_problem_rolls_back_what_was_written(engine: AsyncEngine) -> None:
    data = await changed(engine, "mutation { sellOut { __typename ... on Problem { message } } }", executor=OWN)
    assert data == {"sellOut": {"__typename": "SoldOut", "message": "Nothing is left."}}
    assert await count_rows(engine, Tag) == 0


async def test_refusal_without_a_place_in_the_result_is_a_masked_error(
    engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, logger="merkato.graphql")
    async with writing(engine) as session:
        await add_product(session)
    document = "mutation { fail { __typename } rename { ... on Product { name } } }"
    body = (await answer_to(engine, document, executor=OWN)).body()
    assert body["data"] == {"fail": None, "rename": {"name": "New"}}
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "secret" not in str(body)
    assert await count_rows(engine, Tag) == 0


async def test_permission_is_asked_before_anything_happens(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await add_product(session, name="Old")
    body = (await answer_to(engine, "mutation { guard { __typename } }", executor=OWN)).body()
    assert body["data"] == {"guard": None}
    assert [error["extensions"]["code"] for error in body["errors"]] == ["FORBIDDEN"]
    assert await scalar(engine, select(Product.name)) == "Old"


async def test_guarded_fields_of_the_object_stay_guarded(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await add_product(session, internal_notes="secret")
    body = (
        await answer_to(engine, "mutation { rename { ... on Product { name internalNotes } } }", executor=OWN)
    ).body()
    assert body["data"] == {"rename": {"name": "New", "internalNotes": None}}
    assert [error["extensions"]["code"] for error in body["errors"]] == ["FORBIDDEN"]


async def test_object_that_the_viewer_may_not_see_is_not_shown(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await add_product(session, is_active=False)
    body = (await answer_to(engine, "mutation { rename { __typename } }", executor=OWN)).body()
    assert body["data"] == {"rename": None}
    assert body["errors"][0]["message"] == "It is done, but you may not see what it was done to."
    assert await scalar(engine, select(Product.name)) == "New"


async def test_deep_inputs_are_checked_everywhere(engine: AsyncEngine) -> None:
    given = {
        "product": "nonsense",
        "main": {"quantity": 10, "note": "too long"},
        "tags": ["fine", "a", "b"],
        "sizes": [1, 4],
    }
    document = (
        "mutation($input: OrderInput!) { order(input: $input) { ... on InvalidInput { fields { path message } } } }"
    )
    data = await changed(engine, document, {"input": given}, executor=OWN)
    assert data["order"]["fields"] == [
        {
            "path": ["input", "product"],
            "message": "'nonsense' is not an id of this API. Pass an id exactly as a query returned it.",
        },
        {"path": ["input", "main", "quantity"], "message": "It must be from 1 to 9."},
        {"path": ["input", "main", "note"], "message": "It has 8 characters; 5 are the most."},
        {"path": ["input", "tags"], "message": "It holds 3 items; 2 are the most."},
        {"path": ["input", "sizes", "1"], "message": "It must be from 1 to 3."},
    ]


async def test_absent_fields_are_not_handed_over(engine: AsyncEngine) -> None:
    document = (
        'mutation { order(input: {main: {quantity: 2}, tags: ["a"]}) { ... on InvalidInput { fields { message } } } }'
    )
    data = await changed(engine, document, executor=OWN)
    assert data["order"]["fields"][0]["message"] == "[('main', {'quantity': 2}), ('tags', ['a'])]"


def test_field_of_an_input_that_says_nothing_is_no_input() -> None:
    with pytest.raises(UndeclaredInputError, match=r"^Bare\.name is declared without what it accepts\.$"):

        @mutation_input("Bare.")
        class Bare:
            name: str


# Contention


def meeting(rows: tuple[type[Product] | type[Shop], ...], met: asyncio.Barrier, tries: list[str]) -> type:
    """A mutation that locks the rows of two tables, one after the other, and waits in between for another one."""

    async def lock_both(context: Context) -> Product:
        tries.append("try")
        async with context.writing() as session:
            await session.execute(select(rows[0]).with_for_update())
            if len(tries) <= 2:
                await met.wait()
            await session.execute(select(rows[1]).with_for_update())
            return (await session.scalars(select(Product))).one()

    @strawberry.type
    class Locks:
        lock: Result | None = mutation(lock_both, "Lock.", requires=Gate.PUBLIC)

    return Locks


async def test_deadlock_is_tried_again_and_nobody_notices(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        await add_product(session)
    met, tries = asyncio.Barrier(2), list[str]()
    ways = [executor_of(meeting(rows, met, tries)) for rows in ((Product, Shop), (Shop, Product))]
    document = "mutation { lock { __typename } }"
    answers = await asyncio.gather(*(changed(engine, document, executor=way) for way in ways))
    assert answers == [{"lock": {"__typename": "Product"}}] * 2
    assert len(tries) == 3


async def test_contention_without_end_is_told(engine: AsyncEngine) -> None:
    tries: list[str] = []

    async def collide(context: Context) -> Product:
        tries.append("try")
        async with context.writing() as session:
            await session.execute(text("DO $$ BEGIN RAISE serialization_failure; END $$"))
        raise AssertionError

    @strawberry.type
    class Collides:
        clash: Result | None = mutation(collide, "Collide.", requires=Gate.PUBLIC)

    body = (await answer_to(engine, "mutation { clash { __typename } }", executor=executor_of(Collides))).body()
    assert [error["extensions"]["code"] for error in body["errors"]] == ["CONTENTION"]
    assert len(tries) == 1 + len(PAUSES_SECONDS)


async def test_what_is_committed_is_not_done_again(engine: AsyncEngine) -> None:

    async def count_then_collide(context: Context) -> Product:
        async with context.writing() as session:
            await add_tag(session)
        async with context.writing() as session:
            await session.execute(text("DO $$ BEGIN RAISE deadlock_detected; END $$"))
        raise AssertionError

    @strawberry.type
    class Collides:
        clash: Result | None = mutation(count_then_collide, "Collide.", requires=Gate.PUBLIC)

    body = (await answer_to(engine, "mutation { clash { __typename } }", executor=executor_of(Collides))).body()
    assert [error["extensions"]["code"] for error in body["errors"]] == ["CONTENTION"]
    assert await count_rows(engine, Tag) == 1


# Connections


async def test_mutation_never_holds_two_connections(engine: AsyncEngine) -> None:
    """Else as many requests as the pool has connections would wait for each other for ever."""
    async with writing(engine) as session:
        await add_product(session)
    held: list[int] = []

    async def look(context: Context) -> Product:
        await context.reading.rows(select(Shop.id))
        async with context.writing() as session:
            product = (await session.scalars(select(Product))).one()
            held.append(engine.pool.checkedout())  # type: ignore[attr-defined] # of pools that are bounded
        return product

    @strawberry.type
    class Looks:
        see: Result | None = mutation(look, "Look.", requires=Gate.PUBLIC)

    document = "mutation { a: see { ... on Product { category { name } } } b: see { __typename } }"
    await changed(engine, document, executor=executor_of(Looks))
    assert held == [1, 1]
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
