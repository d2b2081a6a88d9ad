"""Rate limits: each root field, by address and by account, before anything runs."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from graphql import parse
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from auth.viewer import VISITOR, Viewer, viewer_with_role
from compiler.execution import Operation
from compiler.root_fields import RootField
from models import Role, Throttle
from resolvers.rates import Rate
from schema.root import schema
from server.rate_limits import Budget, RateLimitedError, RateLimits, budgets_of
from tests.signed_in import Door, open_door
from tests.statements import count_rows

GRAPHQL_RESPONSE = "application/graphql-response+json"
SIGN_IN = 'signIn(input: {email: "hana@example.com", password: "guess"}) { __typename }'
LIMITS: dict[str, Any] = {
    "rate_limits": True,
    "rate_limit_reads": 3,
    "rate_limit_searches": 2,
    "rate_limit_mutations": 0,
    "rate_limit_attempts": 2,
}


def ask(door: Door, query: str, accept: str = GRAPHQL_RESPONSE, **headers: str) -> httpx.Response:
    return door.http.post("/graphql", json={"query": query}, headers={"accept": accept, **headers})


def codes(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json().get("errors", ())]


async def test_reads_are_refused_when_there_are_too_many(demo_url: str) -> None:
    """The first answer comes from a plan that is made, the others from a body that is known, or from the cache."""
    query = "{ categories(first: 1) { nodes { name } } }"
    with open_door(demo_url, **LIMITS) as door:
        answers = [ask(door, query) for _ in range(4)]
        as_json = ask(door, query, "application/json")
        by_get = door.http.get("/graphql", params={"query": query}, headers={"accept": GRAPHQL_RESPONSE})
        elsewhere = ask(door, "{ products(first: 1) { nodes { name } } }")
        signed_in = ask(door, query, **door.headers())
        aliases = ask(
            door,
            "{ a: tags { nodes { name } } b: tags { nodes { name } } ...F } "
            "fragment F on Query { c: tags { nodes { name } } d: tags { nodes { name } } }",
        )
        metrics = door.http.get("/metrics").text

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    refused = answers[-1]
    wait = int(refused.headers["retry-after"])
    assert 900 <= wait <= 1500
    assert refused.headers["ratelimit-policy"] == '"reads";q=3;w=900'
    assert refused.headers["ratelimit"] == f'"reads";r=0;t={wait}'
    assert refused.headers["cache-control"] == "no-store"
    assert refused.json() == {
        "errors": [
            {
                "message": "Query.categories was asked for more than 3 times in 900 seconds. "
                f"Try again in {wait} seconds.",
                "extensions": {"code": "RATE_LIMITED", "retryAfterSeconds": wait},
            }
        ]
    }
    assert (as_json.status_code, codes(as_json)) == (200, ["RATE_LIMITED"])
    assert (by_get.status_code, codes(by_get)) == (429, ["RATE_LIMITED"])
    assert (elsewhere.status_code, codes(elsewhere)) == (200, [])
    assert (signed_in.status_code, codes(signed_in)) == (200, [])
    assert (aliases.status_code, codes(aliases)) == (429, ["RATE_LIMITED"])
    assert 'merkato_requests_limited_total{process="' in metrics
    assert 'rate="reads"} 4.0' in metrics


async def test_refused_attempt_does_nothing(database_url: str, engine: AsyncEngine) -> None:
    with open_door(database_url, **LIMITS) as door:
        statuses = [ask(door, f"mutation {{ {SIGN_IN} }}").status_code for _ in range(2)]
        refused = ask(door, f"mutation {{ {SIGN_IN} }}", **door.headers())

    assert statuses == [200, 200]
    assert (refused.status_code, codes(refused)) == (429, ["RATE_LIMITED"])  # by address, for everybody
    throttle = await count_rows(engine, Throttle)
    assert throttle == 3  # of the attempts before: one of each scope


async def test_texts_that_lead_to_nothing_are_counted_too(demo_url: str) -> None:
    with open_door(demo_url, **LIMITS) as door:
        answers = [ask(door, f"{{ nothing{number} }}") for number in range(4)]
        known = ask(door, "{ nothing0 }")

    assert [codes(answer) for answer in answers] == [["GRAPHQL_VALIDATION_FAILED"]] * 3 + [["RATE_LIMITED"]]
    assert answers[-1].json()["errors"][0]["message"].startswith("A document that the server did not know was asked")
    assert codes(known) == ["RATE_LIMITED"]


def limits_of(limit: int = 1, exempt: tuple[str, ...] = ()) -> RateLimits:
    budgets = {"Query.products": Budget(Rate.READ, limit), "Mutation.signIn": Budget(Rate.ATTEMPT, limit)}
    return RateLimits(budgets, exempt=exempt)


async def is_refused(limits: RateLimits, address: str | None, viewer: Viewer = VISITOR) -> bool:
    try:
        await limits.require((RootField("Query.products", 1),), viewer, address)
    except RateLimitedError:
        return True
    return False


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("203.0.113.7", "::ffff:203.0.113.7", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        (None, "not an address", True),
    ],
)
async def test_visitors_are_counted_by_network(first: str | None, second: str, is_same: bool) -> None:
    limits = limits_of()

    assert not await is_refused(limits, first)
    assert await is_refused(limits, second) is is_same


async def test_everybody_else_is_counted_by_account_or_token() -> None:
    limits = limits_of()
    selam, hana = (viewer_with_role(Role.CUSTOMER, user_id=uuid7()) for _ in range(2))
    machine = Viewer(acts_for=UUID(int=1))

    assert [await is_refused(limits, "203.0.113.7", each) for each in (selam, hana, machine, VISITOR)] == [False] * 4
    assert [await is_refused(limits, "203.0.113.8", each) for each in (selam, hana, machine)] == [True] * 3


async def test_exempt_addresses_are_not_counted_but_accounts_are() -> None:
    limits = limits_of(exempt=("203.0.113.0/24", "2001:db8::/32"))
    selam = viewer_with_role(Role.CUSTOMER, user_id=uuid7())

    assert not await is_refused(limits, "203.0.113.7")
    assert not await is_refused(limits, "203.0.113.7")
    assert not await is_refused(limits, "2001:db8::1")
    assert not await is_refused(limits, "203.0.113.7", selam)
    assert await is_refused(limits, "203.0.113.7", selam)
    assert not await is_refused(limits, "198.51.100.1")


def test_every_root_field_has_a_rate() -> None:
    core = schema._schema  # noqa: SLF001 - strawberry has no public name for it
    budgets = budgets_of(core, dict.fromkeys(Rate, 1))

    assert core.query_type is not None
    assert core.mutation_type is not None
    for root in (core.query_type, core.mutation_type):
        assert {f"{root.name}.{name}" for name in root.fields} <= set(budgets)
    assert budgets["Query.products"].rate is Rate.READ
    assert budgets["Query.search"].rate is Rate.SEARCH
    assert budgets["Mutation.updateProfile"].rate is Rate.MUTATION
    assert budgets["Mutation.signIn"].rate is Rate.ATTEMPT
    assert budgets["Mutation.requestPasswordReset"].rate is Rate.ATTEMPT


def test_root_fields_are_counted_by_their_aliases() -> None:
    document = parse(
        "query Q { products { nodes { id } } ...F a: products { nodes { id } } ... { node(id: 1) { id } } }"
        " fragment F on Query { products { nodes { name } } ...F b: products { nodes { id } } }"
    )

    operation = Operation(document, document.definitions[0])  # type: ignore[arg-type]

    assert operation.root_fields == (RootField("Query.products", 3), RootField("Query.node", 1))
