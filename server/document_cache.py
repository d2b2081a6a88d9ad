"""Documents that were parsed and validated once, kept by their text."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode

from compiler.execution import Operation

MAXIMUM_DOCUMENTS = 1000
LONGEST_TEXT = 50_000
"""Longer texts are not kept, so that the cache is bounded by bytes as well."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedDocument:
    """The operations of a document that is ready to run, or the errors that keep it from running."""

    operations: tuple[Operation, ...] = ()
    errors: tuple[GraphQLError, ...] = ()

    def operation(self, name: str | None) -> Operation | None:
        """The named operation, or the only one; None when there is no such operation."""
        if name is None:
            return self.operations[0] if len(self.operations) == 1 else None
        return next((operation for operation in self.operations if operation.name == name), None)

    @property
    def names(self) -> list[str]:
        """The names of the operations."""
        return [operation.name for operation in self.operations if operation.name is not None]


def prepared(document: DocumentNode) -> PreparedDocument:
    """A document that was parsed and found valid."""
    return PreparedDocument(
        tuple(
            Operation(document, definition)
            for definition in document.definitions
            if isinstance(definition, OperationDefinitionNode)
        )
    )


class DocumentCache:
    """The documents used last."""

    def __init__(self, prepare: Callable[[str], PreparedDocument]) -> None:
        self._prepare = prepare
        self._documents: OrderedDict[str, PreparedDocument] = OrderedDict()

    def get(self, text: str) -> PreparedDocument:
        """The prepared document of a text."""
        known = self._documents.get(text)
        if known is not None:
            self._documents.move_to_end(text)
            return known
        made = self._prepare(text)
        if made.operations and len(text) <= LONGEST_TEXT:
            self._documents[text] = made
            if len(self._documents) > MAXIMUM_DOCUMENTS:
                self._documents.popitem(last=False)
        return made
