"""What an operation asks of the roots of the schema, and below them, as it stands in its document."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    Visitor,
    visit,
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


def variables_below(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> frozenset[str]:
    """The variables of a mutation that stand elsewhere than in the arguments of its root fields: seldom any."""
    if operation.operation is not OperationType.MUTATION:
        return frozenset()
    found = _Variables()
    for fragment in fragments.values():
        visit(fragment, found)
    for selection in operation.selection_set.selections:
        below = selection.selection_set if isinstance(selection, FieldNode) else selection
        if below is not None:
            visit(below, found)
    return frozenset(found.names)


class _Variables(Visitor):
    """Takes the names of variables down."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_place: object) -> None:
        """A variable."""
        self.names.add(node.name.value)


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
