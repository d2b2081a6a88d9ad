"""Documents that were parsed and validated once, kept by their text, or by what is left of it without its literals."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode

from compiler.execution import Operation
from compiler.lifting import LiftedDocument, lift, literals_of
from compiler.recent import Recent
from server.explanation import Found
from server.operation_cost import OperationCost

MAXIMUM_DOCUMENTS = 1000
LONGEST_TEXT = 50_000
"""Longer texts are not kept: one of them would push many others out."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedDocument:
    """The operations of a document that is ready to run, or the errors that keep it from running."""

    operations: tuple[Operation, ...] = ()
    errors: tuple[GraphQLError, ...] = ()
    costs: Mapping[Operation, OperationCost] = field(default_factory=dict)

    def operation(self, name: str | None) -> Operation | None:
        """The named operation, or the only one; None when there is no such operation."""
        if name is None:
            return self.operations[0] if len(self.operations) == 1 else None
        for operation in self.operations:
            if operation.name == name:
                return operation
        return None

    @property
    def names(self) -> list[str]:
        """The names of the operations."""
        return [operation.name for operation in self.operations if operation.name is not None]


@dataclass(frozen=True, slots=True, eq=False)
class LiftedTemplate:
    """What texts that differ only in their literals share."""

    document: LiftedDocument
    prepared: PreparedDocument


@dataclass(frozen=True, slots=True, eq=False)
class Lifted:
    """A text's document, in which its literals are variables, and their values."""

    prepared: PreparedDocument
    variables: dict[str, Any]


def prepared(schema: GraphQLSchema, document: DocumentNode, *, is_trusted: bool = False) -> PreparedDocument:
    """A document that was parsed and found valid."""
    operations = tuple(
        Operation(document, definition, is_trusted)
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    )
    return PreparedDocument(operations, costs={one: OperationCost(schema, one) for one in operations})


@dataclass(slots=True)
class DocumentMetrics:
    """What has happened to the cache. A miss is a text that was parsed and validated."""

    hits: int = 0
    misses: int = 0
    template_hits: int = 0
    template_misses: int = 0


class DocumentCache:
    """The documents used last, and for good those that are trusted."""

    def __init__(self, schema: GraphQLSchema, prepare: Callable[[str], PreparedDocument]) -> None:
        self._schema = schema
        self._prepare = prepare
        self._trusted: dict[str, PreparedDocument] = {}
        self.metrics = DocumentMetrics()
        self._documents: Recent[PreparedDocument] = Recent(MAXIMUM_DOCUMENTS)
        self._fixed: Recent[tuple[int, ...]] = Recent(MAXIMUM_DOCUMENTS)
        self._templates: Recent[LiftedTemplate] = Recent(MAXIMUM_DOCUMENTS)

    def known(self, text: str) -> PreparedDocument | None:
        """The document of a text that was prepared before."""
        found: PreparedDocument | None = self._trusted.get(text) or self._documents.get(text)
        self.metrics.hits += found is not None
        return found

    def trust(self, text: str, document: DocumentNode) -> PreparedDocument:
        """Keep the valid document of a text whatever else is asked for."""
        made = self._trusted[text] = prepared(self._schema, document, is_trusted=True)
        return made

    @property
    def sizes(self) -> dict[str, int]:
        """How many documents are kept, by what they are."""
        return {"trusted": len(self._trusted), "text": len(self._documents), "template": len(self._templates)}

    def get(self, text: str) -> PreparedDocument:
        """The prepared document of a text."""
        found = self.known(text)
        if found is None:
            self.metrics.misses += 1
            found = self._prepare(text)
            if found.operations and len(text) <= LONGEST_TEXT:
                self._documents.put(text, found, len(text))
        return found

    def state(self, text: str) -> Found:
        """What the cache has for a text."""
        if text in self._trusted or text in self._documents:
            return Found.HIT
        literals = literals_of(text) if len(text) <= LONGEST_TEXT else None
        fixed = None if literals is None else self._fixed.get(literals.template)
        if literals is None or fixed is None:
            return Found.MISS
        is_known = _key(literals.template, literals.values, fixed) in self._templates
        return Found.TEMPLATE if is_known else Found.MISS

    def lifted(self, text: str) -> Lifted | None:
        """The document of a text with its literals as variables; None when it has none, or is not valid."""
        literals = literals_of(text) if len(text) <= LONGEST_TEXT else None
        if literals is None:
            return None
        fixed = self._fixed.get(literals.template)
        key = fixed if fixed is None else _key(literals.template, literals.values, fixed)
        template = None if key is None else self._templates.get(key)
        self.metrics.template_hits += template is not None
        if template is None:
            self.metrics.template_misses += 1
            made = self._prepare(text)
            if not made.operations:
                return None
            document = lift(self._schema, made.operations[0].document, literals)
            template = LiftedTemplate(document, prepared(self._schema, document.document))
            self._fixed.put(literals.template, document.fixed, len(literals.template))
            self._templates.put(_key(literals.template, literals.values, document.fixed), template, len(text))
        return Lifted(template.prepared, template.document.variables(literals.values))


def _key(template: str, values: tuple[Any, ...], fixed: tuple[int, ...]) -> Hashable:
    return template, tuple(values[place] for place in fixed)
