"""Literals lifted out of a text, so that texts that differ only in them share one document and one plan.

One pass over the text replaces numbers and plain strings by marks. What is left, the template, stands for all texts
like it. Its document is made once: each literal has become a variable of the type that its place asks for, so that
its value is checked on each request as a variable's is. Literals that cannot be variables (defaults of variables,
strings with escapes) keep their value, which is then part of what tells documents apart.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from graphql import (
    DocumentNode,
    FloatValueNode,
    GraphQLInputType,
    GraphQLSchema,
    IntValueNode,
    NameNode,
    Node,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse_type,
    validate,
    visit,
)

LITERAL = re.compile(
    r"""
    ["\#\-0-9]
    (?: (?<=\#) [^\n\r]*+
      | (?<=") (?:
            \"\"(?:[^"\\]++|\\(?:\"\"\")?|"(?!""))*(?:\"\"\")?
          | (?P<text> [^"\\\x00-\x08\x0a-\x1f]*+ )" (?!")
          | (?:[^"\\\n\r]++|\\.)* "?
        )
      | (?<![\w.$-][-0-9]) (?P<number> (?:(?<=-)(?:0|[1-9][0-9]*)|(?<=0)|(?<=[1-9])[0-9]*)
            (?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)? ) (?![\w.])
    )
    """,
    re.VERBOSE | re.DOTALL,
)
"""A number, a plain string, or a comment or another string, which are passed over.

Whatever begins a comment or a string takes it whole, ended or not, so that the time grows with the text alone. No group
is repeated possessively: Python 3.11.2, which Debian has, matches those wrongly. All begin with one of a few
characters, and the search hurries from one of these to the next: most of a text is none.
"""

MAXIMUM_LITERALS = 200
"""Texts with more are not lifted: each literal becomes a parameter of its own, and those cost time in a statement."""

LONGEST_NUMBER = 40
"""Longer ones fit no scalar; Python refuses to read those of thousands of digits."""

MARK = "\x00"
"""Begins what stands for a literal in a template. GraphQL has no place for it outside comments."""

MARKS: Mapping[type, str] = MappingProxyType({str: f"{MARK}s", int: f"{MARK}i", float: f"{MARK}f"})

PREFIX = "_literal_"
"""Variables that a document itself declares must not begin so."""


@dataclass(frozen=True, slots=True)
class Literals:
    """A text taken apart: its template, the values of its literals, and where each stands in the text."""

    template: str
    values: tuple[Any, ...]
    starts: tuple[int, ...]


def literals_of(text: str) -> Literals | None:
    """The literals of a text; None when there are none to lift, or too many."""
    if PREFIX in text or MARK in text:
        return None
    pieces: list[str] = []
    values: list[Any] = []
    starts: list[int] = []
    end = 0
    for match in LITERAL.finditer(text):
        kind = match.lastgroup
        start, after = match.span()
        if kind is None or (kind == "number" and after - start > LONGEST_NUMBER):
            continue
        if len(values) == MAXIMUM_LITERALS:
            return None
        value = match["text"] if kind == "text" else _number(match[0])
        pieces += text[end:start], MARKS[type(value)]
        values.append(value)
        starts.append(start)
        end = after
    if not values:
        return None
    pieces.append(text[end:])
    return Literals("".join(pieces), tuple(values), tuple(starts))


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdecimal() else float(text)


@dataclass(frozen=True, slots=True)
class LiftedDocument:
    """A document whose literals are variables.

    `names` gives the variable of each literal, by its place among the literals; `fixed` the places of those that
    stayed what they were.
    """

    document: DocumentNode
    names: Mapping[int, str]
    fixed: tuple[int, ...]

    def variables(self, values: Sequence[Any]) -> dict[str, Any]:
        """The variables that a text's literals make."""
        return {name: values[place] for place, name in self.names.items()}


def lift(schema: GraphQLSchema, document: DocumentNode, literals: Literals) -> LiftedDocument:
    """The document with its literals as variables.

    None of them is one where equal fields stand beside each other: whether they agree depends on the values.
    """
    lifting = _Lifting(schema, literals.starts)
    lifted = visit(document, TypeInfoVisitor(lifting.info, lifting))
    if validate(schema, lifted, [OverlappingFieldsCanBeMergedRule]):
        return LiftedDocument(document, {}, tuple(range(len(literals.starts))))
    fixed = tuple(place for place in range(len(literals.starts)) if place not in lifting.names)
    return LiftedDocument(lifted, lifting.names, fixed)


class _Lifting(Visitor):
    """Replaces literals by variables, and declares those in the operations."""

    def __init__(self, schema: GraphQLSchema, starts: Sequence[int]) -> None:
        super().__init__()
        self.info = TypeInfo(schema)
        self.names: dict[int, str] = {}
        self._places = {start: place for place, start in enumerate(starts)}
        self._kinds: dict[str, GraphQLInputType] = {}

    def enter_variable_definition(self, node: VariableDefinitionNode, *_args: object) -> Any:
        """A default cannot be a variable."""
        return self.SKIP

    def enter_string_value(self, node: StringValueNode, *_args: object) -> VariableNode | None:
        """Lift a string."""
        return self._lifted(node)

    def enter_int_value(self, node: IntValueNode, *_args: object) -> VariableNode | None:
        """Lift a whole number."""
        return self._lifted(node)

    def enter_float_value(self, node: FloatValueNode, *_args: object) -> VariableNode | None:
        """Lift a number."""
        return self._lifted(node)

    def leave_document(self, node: DocumentNode, *_args: object) -> DocumentNode:
        """Declare the variables in every operation."""
        declared = tuple(
            VariableDefinitionNode(
                variable=VariableNode(name=NameNode(value=name)), type=parse_type(str(kind)), directives=()
            )
            for name, kind in self._kinds.items()
        )
        definitions = tuple(
            _with_variables(definition, declared) if isinstance(definition, OperationDefinitionNode) else definition
            for definition in node.definitions
        )
        return DocumentNode(definitions=definitions, loc=node.loc)

    def _lifted(self, node: Node) -> VariableNode | None:
        kind = self.info.get_input_type()
        place = self._places.get(node.loc.start) if node.loc else None
        if kind is None or place is None:
            return None
        name = f"{PREFIX}{place}"
        self.names[place] = name
        self._kinds[name] = kind
        return VariableNode(name=NameNode(value=name), loc=node.loc)


def _with_variables(
    operation: OperationDefinitionNode, declared: tuple[VariableDefinitionNode, ...]
) -> OperationDefinitionNode:
    return OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=(*(operation.variable_definitions or ()), *declared),
        directives=operation.directives,
        selection_set=operation.selection_set,
        loc=operation.loc,
    )
