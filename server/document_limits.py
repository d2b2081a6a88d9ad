"""What a document may hold at most. A fragment is measured once, however often it is spread.

Whatever expands fragments to count what they hold takes time that doubles with each of them that spreads another one
twice; the limits here are of the document as it is written, and of its longest path.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    parse,
)

TOO_MANY_TOKENS = "more than {} tokens"
"""A part of what the parser says when it stops counting."""


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """The most of each."""

    characters: int = 100_000
    tokens: int = 2_000
    operations: int = 10
    variables: int = 100
    depth: int = 15
    aliases: int = 30
    directives: int = 50
    mutations: int = 4
    attempts: int = 1
    """So many mutations that check a password, a code or a link may stand in one operation."""
    fields: int = 500
    """So many fields may an operation have, those of a fragment at each place where it is spread."""
    cost: int = 10_000
    """What an operation may cost, as server/operation_cost.py counts."""
    errors: int = 20
    """So many errors of validation are told; more are not looked for."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What a document holds. `depth` is of the longest path from an operation; the rest is counted as it is written."""

    operations: int
    variables: int
    depth: int
    aliases: int
    directives: int
    mutations: int


class DocumentTooLargeError(GraphQLError):
    """A document holds more of something than it may. The extensions say of what, how much, and what the limit is."""

    def __init__(self, limit: str, maximum: int, found: int | None, said: str) -> None:
        counted = {} if found is None else {"found": found}
        super().__init__(
            said, extensions={"code": "DOCUMENT_LIMIT_EXCEEDED", "limit": limit, "maximum": maximum, **counted}
        )


def exceeded(limit: str, maximum: int, found: int | None) -> DocumentTooLargeError:
    """The error that names the limit; without `found` it is not known by how much it is exceeded."""
    what = "It is nested" if limit == "depth" else "It holds"
    counted = f"more than {maximum}" if found is None else str(found)
    unit = "levels deep" if limit == "depth" else limit
    return DocumentTooLargeError(
        limit, maximum, found, f"The document is too large. {what} {counted} {unit}; {maximum} are the most."
    )


def parsed(text: str, limits: DocumentLimits) -> DocumentNode:
    """The document of a text. Raises DocumentTooLargeError, and GraphQLError for what is no document."""
    if len(text) > limits.characters:
        raise exceeded("characters", limits.characters, len(text))
    try:
        document = parse(
            text, max_lexical_tokens=limits.tokens, max_comments=limits.tokens, max_source_length=limits.characters
        )
    except GraphQLSyntaxError as error:
        if TOO_MANY_TOKENS.format(limits.tokens) in error.message:
            raise exceeded("tokens", limits.tokens, None) from error
        raise
    _forget_tokens(document)
    try:
        measures = measure(document)
    except RecursionError as error:
        raise exceeded("depth", limits.depth, None) from error
    for field in fields(measures):
        found, maximum = getattr(measures, field.name), getattr(limits, field.name)
        if found > maximum:
            raise exceeded(field.name, maximum, found)
    return document


def _forget_tokens(document: DocumentNode) -> None:
    """Keep where nodes stand and not the tokens that they were read from, a third of what a kept document takes."""
    waiting: list[Node] = [document]
    while waiting:
        node = waiting.pop()
        if node.loc is not None:
            del node.loc.start_token, node.loc.end_token
        for value in (getattr(node, key, None) for key in node.keys):
            if isinstance(value, Node):
                waiting.append(value)
            elif isinstance(value, list | tuple):
                waiting.extend(value)


def measure(document: DocumentNode) -> Measures:
    """What a document holds."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    selections = list(selections_of(document))
    paths = _Paths(document)
    return Measures(
        operations=len(operations),
        variables=max((len(operation.variable_definitions or ()) for operation in operations), default=0),
        depth=max((paths.depth(operation.selection_set) for operation in operations), default=0),
        aliases=sum(1 for node in selections if isinstance(node, FieldNode) and node.alias is not None),
        directives=_directives(document, selections),
        mutations=max(
            (
                sum(1 for _field in paths.root_fields(operation.selection_set))
                for operation in operations
                if operation.operation is OperationType.MUTATION
            ),
            default=0,
        ),
    )


def selections_of(document: DocumentNode) -> Iterator[SelectionNode]:
    """Every field, inline fragment and spread that is written in the document, each once."""
    waiting = [node.selection_set for node in document.definitions if isinstance(node, ExecutableDefinitionNode)]
    while waiting:
        for node in waiting.pop().selections:
            yield node
            below = getattr(node, "selection_set", None)
            if below is not None:
                waiting.append(below)


def _directives(document: DocumentNode, selections: Iterable[SelectionNode]) -> int:
    executable = [node for node in document.definitions if isinstance(node, ExecutableDefinitionNode)]
    variables = (declared for node in executable for declared in node.variable_definitions or ())
    return sum(len(getattr(node, "directives", None) or ()) for node in (*executable, *variables, *selections))


def root_fields(document: DocumentNode, operation: OperationDefinitionNode) -> Iterator[FieldNode]:
    """The fields that an operation begins with, those of fragments among them, each once."""
    return _Paths(document).root_fields(operation.selection_set)


class _Paths:
    """Follows the selections of a document through its fragments. Rings of fragments end where they began."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._depths: dict[str, int] = {}

    def depth(self, selection_set: SelectionSetNode | None) -> int:
        """How many fields stand in one another."""
        if selection_set is None:
            return 0
        return max(
            (
                1 + self.depth(node.selection_set)
                if isinstance(node, FieldNode)
                else self._depth_of(node.name.value)
                if isinstance(node, FragmentSpreadNode)
                else self.depth(getattr(node, "selection_set", None))
                for node in selection_set.selections
            ),
            default=0,
        )

    def _depth_of(self, name: str) -> int:
        if name not in self._depths:
            self._depths[name] = 0
            fragment = self._fragments.get(name)
            self._depths[name] = 0 if fragment is None else self.depth(fragment.selection_set)
        return self._depths[name]

    def root_fields(self, selection_set: SelectionSetNode) -> Iterator[FieldNode]:
        """The fields of the root, those of fragments among them, each once."""
        seen: set[str] = set()
        return self._roots(selection_set, seen)

    def _roots(self, selection_set: SelectionSetNode, seen: set[str]) -> Iterator[FieldNode]:
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, FragmentSpreadNode):
                yield from self._roots_of(node.name.value, seen)
            else:
                yield from self._roots(node.selection_set, seen)  # type: ignore[attr-defined]

    def _roots_of(self, name: str, seen: set[str]) -> Iterable[FieldNode]:
        fragment = self._fragments.get(name)
        if fragment is None or name in seen:
            return ()
        seen.add(name)
        return self._roots(fragment.selection_set, seen)
