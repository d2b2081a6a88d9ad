"""Rate limits: how often each root field may be asked for, by each address and each account, before anything runs."""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from types import MappingProxyType

from graphql import GraphQLSchema

from auth.viewer import VISITOR, Viewer
from auth.visits import visit_from
from compiler.leaves import declaration_of
from compiler.root_fields import RootField
from resolvers.rates import Rate
from server.graphql_request import RequestRefusedError
from server.refusals import RefusalCode
from server.request_counters import Counters, MemoryCounters

MAXIMUM_ADDRESSES = 10_000
"""For how many addresses it is remembered how they are counted."""

NEW_DOCUMENT = RootField("A document that the server did not know", 1)
"""What is counted before a text is parsed, so that nobody keeps the server busy with texts that lead to nothing."""

OTHERS = ("Query.__schema", "Query.__type", NEW_DOCUMENT.coordinate)
"""What has no declaration, and is counted as it is read."""

USUAL_WINDOW_SECONDS = 900

UNKNOWN = "unknown"
"""All whose address a proxy does not tell, together."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How often a root field may be asked for in a window, and what that limit is called."""

    rate: Rate
    limit: int


NO_LIMITS: Mapping[str, Budget] = MappingProxyType({})


class RateLimitedError(RequestRefusedError):
    """Somebody asked too often. The headers: RFC 9110, 10.2.3, and draft-ietf-httpapi-ratelimit-headers."""

    def __init__(self, field: str, budget: Budget, window_seconds: int, wait_seconds: int) -> None:
        super().__init__(
            HTTPStatus.TOO_MANY_REQUESTS,
            RefusalCode.RATE_LIMITED,
            f"{field} was asked for more than {budget.limit} times in {window_seconds} seconds. "
            f"Try again in {wait_seconds} seconds.",
            {
                "Retry-After": str(wait_seconds),
                "RateLimit-Policy": f'"{budget.rate}";q={budget.limit};w={window_seconds}',
                "RateLimit": f'"{budget.rate}";r=0;t={wait_seconds}',
            },
            {"retryAfterSeconds": wait_seconds},
        )


class RateLimits:
    """Counts what is asked for. Visitors are counted by address, everybody else by account or token."""

    def __init__(
        self,
        budgets: Mapping[str, Budget] = NO_LIMITS,
        counters: Counters | None = None,
        window_seconds: int = USUAL_WINDOW_SECONDS,
        exempt: Iterable[str] = (),
    ) -> None:
        """`budgets` are by the coordinate of the field. What has none is not limited."""
        self._budgets = budgets
        self.has_limits = bool(budgets)
        self._counters = counters or MemoryCounters(window_seconds)
        self._own = self._counters if isinstance(self._counters, MemoryCounters) else None
        """Where to count without waiting, as nearly every request does."""
        self._window_seconds = window_seconds
        self._exempt = [ip_network(network) for network in exempt]
        self._networks: OrderedDict[str | None, str | None] = OrderedDict()
        self.refused = Counter[Rate]()
        """How many requests were refused."""

    @property
    def store_failures(self) -> int:
        """How often Redis did not count."""
        return self._counters.failures

    async def require(self, fields: Sequence[RootField], viewer: Viewer, address: str | None) -> None:
        """Count what an operation asks for. Raises RateLimitedError when somebody asked for it too often."""
        if not self.has_limits:
            return
        network = self._network(address)
        payer = network if viewer is VISITOR else _actor(viewer) or network
        for field in fields:
            budget = self._budgets.get(field.coordinate)
            if budget is None:
                continue
            await self._take(payer, field, budget)
            if budget.rate is Rate.ATTEMPT and payer != network:
                await self._take(network, field, budget)

    async def _take(self, payer: str | None, field: RootField, budget: Budget) -> None:
        if payer is None:
            return
        key = f"{payer} {field.coordinate}"
        if self._own is not None:
            wait = self._own.take_now(key, field.times, budget.limit)
        else:
            wait = await self._counters.take(key, field.times, budget.limit)
        if wait is not None:
            self.refused[budget.rate] += 1
            raise RateLimitedError(field.coordinate, budget, self._window_seconds, wait)

    def _network(self, address: str | None) -> str | None:
        """What stands for the address: of IPv6 a /64, which is one subscriber's. None for one that is not counted."""
        if address in self._networks:
            return self._networks[address]
        network = visit_from(datetime.now(UTC), address, None).network
        known = None if network is not None and self._is_exempt(network) else network or UNKNOWN
        self._networks[address] = known
        if len(self._networks) > MAXIMUM_ADDRESSES:
            self._networks.popitem(last=False)
        return known

    def _is_exempt(self, network: str) -> bool:
        first = ip_address(network.partition("/")[0])
        return any(first in exempt for exempt in self._exempt)


def _actor(viewer: Viewer) -> str | None:
    if viewer.user_id is not None:
        return f"account {viewer.user_id}"
    return None if viewer.acts_for is None else f"machine {viewer.acts_for}"


def budgets_of(schema: GraphQLSchema, limits: Mapping[Rate, int]) -> Mapping[str, Budget]:
    """The budget of each root field, by its coordinate, from its declaration."""
    return {coordinate: Budget(rate, limits[rate]) for coordinate, rate in _rates(schema) if rate in limits}


def _rates(schema: GraphQLSchema) -> Iterator[tuple[str, Rate]]:
    for root in (schema.query_type, schema.mutation_type, schema.subscription_type):
        if root is not None:
            yield from ((f"{root.name}.{name}", declaration_of(field).rate) for name, field in root.fields.items())
    for coordinate in OTHERS:
        yield coordinate, Rate.READ
