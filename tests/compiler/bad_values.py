"""Values that no argument, or only some, should be given; and the documents that give them."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    get_named_type,
    is_object_type,
)

from auth.viewer import VISITOR, Viewer, viewer_with_role
from models import Role
from tests.api import Json
from tests.schema.routes import Route, routes
from tests.schema.walk import WalkedField, object_types

ITEM = "[]"
"""The step of a path into a list."""

UNKNOWN_KEY = "00000000-0000-4000-8000-000000000000"

NUMBERS: tuple[Any, ...] = (
    *(0, 1, -1, 2, 100, 101, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**53 + 1, 2**63, 2**64 - 1, 2**70),
    *(1.0, -0.0, 1.5, 1e2, 1e21, 1e300, 5e-324),
)
DECIMALS = (
    *("0", "-0", "1", "1.5", "0.10", "00012.50", "9999999999.99", "10000000000", "1e2", "1E2", "1e400", "-1e-400"),
    *(
        "NaN",
        "Infinity",
        "-Infinity",
        "1.005",
        "1" * 40,
        "0." + "1" * 40,
        "+1",
        " 1",
        "1 ",
        "1.",
        ".5",
        "1_0",
        "\u0661",
    ),
)
MOMENTS = (
    *("2026-01-01T00:00:00Z", "2026-01-01T00:00:00+03:00", "2026-01-01t00:00:00z", "2026-01-01T00:00:00.123456789Z"),
    *("2026-01-01T00:00:00", "2026-01-01", "2016-12-31T23:59:60Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z"),
    *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59.999999Z"),
    *("9999-12-31T23:59:59-01:00", "10000-01-01T00:00:00Z", "2026-01-01T00:00:00+24:00", "2026-W01-1T00:00:00Z"),
    *("2026-01-01 00:00:00Z", "2026-01-01T00:00Z", "now", "infinity"),
)
TEXTS = (
    *("", " ", "x", "network", "NEWEST", "newest", "POPULAR", "null", "true", "O'Brien \"\\", "%_$1 :a", "سلام", "🛒"),
    *("a" * 256, "b" * 10_000, "\x00", "a\nb\tc", "'); DROP TABLE products; --", "<b>&amp;</b>", "or -", '"'),
)
SHAPES: tuple[Any, ...] = (
    *(None, True, False, [], [None], [[]], [["x"]], [1], ["x"], ["x", None], [True], [{}], {}, {"x": 1}, {"min": 1}),
    *({"and": []}, {"not": None}, {"name": "Size"}, [2**31, 1], [[1]]),
)
LONG_LISTS: tuple[list[Any], ...] = (["x"] * 10_000, [1] * 10_000, [None] * 10_000, [{}] * 10_000, ["POPULAR"] * 10_000)
TYPES = ("Product", "Post", "Review", "Shop", "User", "product", "", "Prod uct", "🛒")


def global_id(type_name: str, key: str = UNKNOWN_KEY) -> str:
    """A global id as the API makes them."""
    return b64encode(f"{type_name}:{key}".encode()).decode()


IDS = (
    *(global_id(name) for name in TYPES),
    *(
        global_id("Product", key)
        for key in ("", "1", UNKNOWN_KEY.upper(), "{" + UNKNOWN_KEY + "}", "urn:uuid:" + UNKNOWN_KEY)
    ),
    *(global_id("Product") + "\n", global_id("Product").rstrip("="), global_id("Product") + "=", "UHJvZHVjdA=="),
)


OWNER = UUID("01900000-0000-7000-8000-000000000001")
"""An account that has a few of everything that accounts have."""
ADMIN = viewer_with_role(Role.ADMIN, OWNER)


@dataclass(frozen=True, slots=True)
class Argument:
    """A leaf, or a whole, of an argument of a field."""

    route: Route
    field: WalkedField
    name: str
    path: tuple[str, ...]

    @property
    def viewer(self) -> Viewer:
        """Somebody who may read the field, and all that leads to it."""
        declared = (step.declared for step in (*self.route.steps, self.field))
        return ADMIN if any(one is not None and one.declaration.requires for one in declared) else VISITOR

    @property
    def kind(self) -> GraphQLInputType:
        """The type of the whole argument."""
        kind: GraphQLInputType = self.field.field.args[self.name].type
        return kind

    @property
    def leaf_kind(self) -> GraphQLInputType:
        """The type of the leaf."""
        kind = self.kind
        for step in self.path:
            kind = _nullable(kind).of_type if step == ITEM else _nullable(kind).fields[step].type
        return kind

    def document(self, given: str, declared: str = "", further: str = "") -> str:
        """The operation that gives the argument."""
        others = [
            f"{name}: {literal(sample(each.type))}"
            for name, each in self.field.field.args.items()
            if name != self.name and isinstance(each.type, GraphQLNonNull)
        ]
        arguments = ", ".join([*([f"{self.name}: {given}"] if given else []), *others, *([further] if further else [])])
        text = self.route.document(f"{self.field.name}({arguments}) {self._selection()}")
        declared = ", ".join(part for part in ("$first: Int!" if "$first" in text else "", declared) if part)
        return f"query{f'({declared})' if declared else ''} {text[text.index('{') :]}"

    def _selection(self) -> str:
        kind: Any = get_named_type(self.field.field.type)
        if not is_object_type(kind):
            return "{ id }"
        if "pageInfo" not in kind.fields:
            return "{ __typename }"
        return "{ totalCount nodes { __typename } pageInfo { hasNextPage endCursor } }"

    def __str__(self) -> str:
        return f"{self.field}.{'.'.join((self.name, *self.path))}"


class Variable:
    """Stands in a value for `$value`."""


def arguments() -> Iterator[Argument]:
    """Every argument of every field that a query reaches, and every field of the input objects below it."""
    reached = routes()
    for kind in (kind for kind in object_types() if kind.name in reached):
        for name, field in kind.fields.items():
            at_root = kind.name == "Query"
            for argument, definition in field.args.items():
                for path in _paths(definition.type, 2 if at_root else 0):
                    yield Argument(reached[kind.name], WalkedField(kind, name, field), argument, path)


def _paths(kind: GraphQLInputType, depth: int) -> Iterator[tuple[str, ...]]:
    yield ()
    kind = _nullable(kind)
    if isinstance(kind, GraphQLList):
        for path in _paths(kind.of_type, depth):
            yield (ITEM, *path)
    if isinstance(kind, GraphQLInputObjectType) and depth:
        for name, field in kind.fields.items():
            below = _paths(field.type, depth - 1)
            for path in islice(below, 4) if name in {"and", "or", "not"} else below:
                yield (name, *path)


def with_leaf(kind: GraphQLInputType, path: Sequence[str], leaf: object) -> Any:
    """A value of the type with the leaf at the path, and around it only what is required."""
    if not path:
        return leaf
    step, *further = path
    nullable: Any = _nullable(kind)
    if step == ITEM:
        return [with_leaf(nullable.of_type, further, leaf)]
    return {**_required(nullable), step: with_leaf(nullable.fields[step].type, further, leaf)}


def sample(kind: GraphQLInputType) -> Any:
    """A value of the type."""
    nullable = _nullable(kind)
    if isinstance(nullable, GraphQLList):
        return [sample(nullable.of_type)]
    if isinstance(nullable, GraphQLInputObjectType):
        return _required(nullable)
    if isinstance(nullable, GraphQLEnumType):
        return next(iter(nullable.values))
    assert isinstance(nullable, GraphQLScalarType)
    return {
        "Int": 1,
        "Boolean": True,
        "Decimal": "1.5",
        "Date": "2026-01-01",
        "DateTime": MOMENTS[0],
        "ID": IDS[0],
    }.get(nullable.name, "network")


def _required(kind: GraphQLInputObjectType) -> Json:
    return {name: sample(field.type) for name, field in kind.fields.items() if isinstance(field.type, GraphQLNonNull)}


def _nullable(kind: GraphQLInputType) -> Any:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


def literal(value: object, *, names: bool = False) -> str:
    """The value as GraphQL writes it; with `names`, texts that are names stand without quotes, as enums do."""
    if isinstance(value, Variable):
        return "$value"
    if isinstance(value, list):
        return f"[{', '.join(literal(item, names=names) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {literal(item, names=names)}' for name, item in value.items())}}}"
    if names and isinstance(value, str) and value.isascii() and value.isidentifier():
        return value
    return json.dumps(value)


def tampered(cursor: str) -> list[str]:
    """What may become of a cursor on its way."""
    tag, key, row = b64decode(cursor).decode().split("\x1f")
    keys = (
        *("", "x", "NaN", "-", "1e5", "1.5", "1.1234567", "9" * 10, "9" * 11, "9" * 18, "9" * 19, "-" + "9" * 19),
        *("9" * 20, "2147483647", "2147483648", "-2147483649", "253402300799999999", "253402300800000000"),
        *("-62135596800000000", "-62135596800000001", "\x00", "٣", " 1", "a\x1fb", "O'Brien", "k" * 3000),
    )
    rows = ("", "x", row.upper(), row.replace("-", ""), f"{{{row}}}", f"urn:uuid:{row}", row + " ", row + "\x1f")
    made = [
        *(f"{tag}\x1f{each}\x1f{row}" for each in keys),
        *(f"{tag}\x1f{key}\x1f{each}" for each in rows),
        *(f"{other}\x1f{key}\x1f{row}" for other in ("", "x", tag.upper(), "search", tag + " ")),
        *(tag, f"{tag}\x1f{key}", f"{key}\x1f{row}", f"{tag}\x1f\x1f", ""),
    ]
    odd = [
        cursor[:-1],
        cursor.rstrip("="),
        cursor + "=",
        cursor + "\n",
        " " + cursor,
        cursor.swapcase(),
        "ÿ",
        "4pi=",
        "/w==",
    ]
    return [cursor, *(b64encode(text.encode()).decode() for text in made), *odd]
