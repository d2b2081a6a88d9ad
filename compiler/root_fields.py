"""What an operation asks of the roots of the schema, as it stands in its document."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)


@dataclass(frozen=True, slots=True)
class RootField:
    """A field of a root type, and how often the answer will have it: under each of its aliases."""

    coordinate: str
    """As in `Query.products`: the root types have their usual names."""
    times: int


def root_fields(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[RootField, ...]:
    """The root fields of an operation, each fragment visited once. @skip and @include are not looked at."""
    names = dict(_fields(operation.selection_set, fragments, set()))
    root = operation.operation.value.capitalize()
    return tuple(RootField(f"{root}.{name}", times) for name, times in Counter(names.values()).items())


def _fields(
    selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], visited: set[str]
) -> Iterator[tuple[str, str]]:
    """Response keys and the fields behind them."""
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield (node.alias or node.name).value, node.name.value
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments, visited)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in visited:
            visited.add(node.name.value)
            yield from _fields(fragments[node.name.value].selection_set, fragments, visited)
