"""Operations to compare the executors by: hypothesis-graphql draws their form, a pool of values their arguments."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    IntValueNode,
    ListValueNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    Visitor,
    print_ast,
    visit,
)
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries

from tests.schema.walk import CORE

DEEPEST_FILTER = 3


@dataclass(frozen=True, slots=True)
class Pool:
    """Values that occur in the data, by the name of the argument or input field that takes them."""

    strings: Mapping[str, Sequence[str]]
    ids: Sequence[str]
    cursors: Sequence[str]


def operations(pool: Pool) -> st.SearchStrategy[str]:
    """Valid queries whose arguments mostly hit rows."""
    scalars = {
        "DateTime": st.just(nodes.String("2026-11-01T00:00:00Z")),
        "Decimal": st.just(nodes.String("10")),
        "JSON": st.just(nodes.Null),
    }
    documents = st.one_of(
        *(
            queries(CORE, fields=[name], custom_scalars=scalars, print_ast=lambda document: document, allow_x00=False)
            for name in CORE.type_map["Query"].fields  # type: ignore[attr-defined]
        )
    )
    return st.composite(_with_pool)(documents, pool)


def _with_pool(draw: st.DrawFn, documents: st.SearchStrategy[DocumentNode], pool: Pool) -> str:
    document = deepcopy(draw(documents))
    info = TypeInfo(CORE)

    class Rewrite(Visitor):
        def enter_field(self, node: FieldNode, *_args: object) -> FieldNode:
            definition = info.get_field_def()
            if definition is None or not definition.args:
                return node
            arguments = [
                ArgumentNode(name=NameNode(value=name), value=value)
                for name, argument in definition.args.items()
                if (value := _argument(draw, pool, name, argument.type)) is not None
            ]
            return FieldNode(
                alias=node.alias,
                name=node.name,
                arguments=_without_conflict(arguments),
                directives=node.directives,
                selection_set=node.selection_set,
            )

    return print_ast(visit(document, TypeInfoVisitor(info, Rewrite())))


def _without_conflict(arguments: list[ArgumentNode]) -> tuple[ArgumentNode, ...]:
    """Keep one of two arguments that exclude each other, as clients do; the odd ones are tested apart."""
    names = {argument.name.value for argument in arguments}
    dropped = {"last"} if {"first", "last"} <= names else set()
    dropped |= {"slug"} if {"id", "slug"} <= names else set()
    return tuple(argument for argument in arguments if argument.name.value not in dropped)


def _argument(draw: st.DrawFn, pool: Pool, name: str, kind: GraphQLInputType) -> ValueNode | None:
    if not isinstance(kind, GraphQLNonNull) and draw(st.integers(0, 2)) == 0:
        return None
    if name in {"after", "before"}:
        return StringValueNode(value=draw(st.sampled_from(pool.cursors))) if draw(st.booleans()) else None
    return _value(draw, pool, name, kind, 0)


def _value(draw: st.DrawFn, pool: Pool, name: str, kind: Any, depth: int) -> ValueNode:
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    elif draw(st.integers(0, 9)) == 0:
        return NullValueNode()
    if isinstance(kind, GraphQLList):
        size = draw(st.integers(0, 2 if depth < DEEPEST_FILTER else 0))
        return ListValueNode(values=tuple(_value(draw, pool, name, kind.of_type, depth + 1) for _ in range(size)))
    if isinstance(kind, GraphQLEnumType):
        return EnumValueNode(value=draw(st.sampled_from(sorted(kind.values))))
    if isinstance(kind, GraphQLInputObjectType):
        return _object(draw, pool, kind, depth)
    return _scalar(draw, pool, name, kind)


def _object(draw: st.DrawFn, pool: Pool, kind: GraphQLInputObjectType, depth: int) -> ObjectValueNode:
    names = [name for name in kind.fields if depth < DEEPEST_FILTER or name not in {"and", "or", "not"}]
    required = [name for name in names if isinstance(kind.fields[name].type, GraphQLNonNull)]
    chosen = draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
    fields = [
        ObjectFieldNode(name=NameNode(value=name), value=_value(draw, pool, name, kind.fields[name].type, depth + 1))
        for name in dict.fromkeys([*required, *chosen])
    ]
    return ObjectValueNode(fields=tuple(fields))


def _scalar(draw: st.DrawFn, pool: Pool, name: str, kind: GraphQLScalarType) -> ValueNode:
    if kind.name == "Boolean":
        return BooleanValueNode(value=draw(st.booleans()))
    if kind.name == "Int":
        return IntValueNode(value=str(draw(st.integers(0, 6))))
    if kind.name == "ID":
        return StringValueNode(value=draw(st.sampled_from(pool.ids)))
    if kind.name == "Decimal":
        return StringValueNode(value=draw(st.sampled_from(["0", "1.5", "4", "4.5", "900", "4250.00", "25000"])))
    if kind.name == "DateTime":
        moments = ["2026-01-01T00:00:00Z", "2026-10-15T12:00:00+03:00", "2030-01-01T00:00:00Z"]
        return StringValueNode(value=draw(st.sampled_from(moments)))
    return StringValueNode(value=draw(st.sampled_from(pool.strings.get(name, pool.strings[""]))))
