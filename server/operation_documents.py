"""The operations of a folder of documents, each as a document of its own with the fragments it needs.

Fragments may stand in any file. The text of an operation's document is what graphql-core prints of it, its fragments in
the order of their names, so that neither layout nor comments nor the place of a fragment change the text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    Node,
    OperationDefinitionNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from server.document_manifest import document_id
from server.errors import ServerError


class DocumentSourceError(ServerError):
    """A file of documents cannot be used."""

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(f"{file} {problem}")


@dataclass(frozen=True, slots=True)
class FileFragment:
    """A fragment, and the file that defines it."""

    file: str
    definition: FragmentDefinitionNode


@cache
def built_in_documents() -> Mapping[str, str]:
    """The operations of `queries/` by their ids, in the order of their names. Raises DocumentSourceError.

    They are part of the code: a process reads them once.
    """
    found = [entry for entry in files("queries").iterdir() if entry.name.endswith(".graphql")]
    texts = operation_texts({f"queries/{entry.name}": entry.read_text(encoding="utf-8") for entry in found})
    return MappingProxyType({document_id(text): text for _, text in sorted(texts.items())})


def operation_texts(sources: Mapping[str, str]) -> dict[str, str]:
    """The text of each operation's document by its name, from texts by the names of their files.

    Raises DocumentSourceError.
    """
    parsed = {file: _parse(file, text) for file, text in sources.items()}
    fragments = _fragments(parsed)
    texts: dict[str, str] = {}
    for file, document in parsed.items():
        for operation in document.definitions:
            if not isinstance(operation, OperationDefinitionNode):
                continue
            if operation.name is None:
                raise DocumentSourceError(file, "has an operation without a name. Name it.")
            if operation.name.value in texts:
                raise DocumentSourceError(file, f"has a second operation {operation.name.value}. Rename one of them.")
            texts[operation.name.value] = _text(file, operation, fragments)
    return texts


def _parse(file: str, text: str) -> DocumentNode:
    try:
        return parse(text)
    except GraphQLSyntaxError as error:
        line = error.locations[0].line if error.locations else 1
        raise DocumentSourceError(file, f"cannot be parsed: {error.message.rstrip('.')}, at line {line}.") from error


def _fragments(parsed: Mapping[str, DocumentNode]) -> dict[str, FileFragment]:
    """All fragments by name. The same one may stand in several files, so that each can be tried on its own."""
    fragments: dict[str, FileFragment] = {}
    for file, document in parsed.items():
        for definition in document.definitions:
            if not isinstance(definition, FragmentDefinitionNode):
                continue
            name = definition.name.value
            other = fragments.setdefault(name, FileFragment(file, definition))
            if print_ast(other.definition) != print_ast(definition):
                problem = f"and {other.file} have different fragments {name}. Rename one of them."
                raise DocumentSourceError(file, problem)
    return fragments


def _text(file: str, operation: OperationDefinitionNode, fragments: Mapping[str, FileFragment]) -> str:
    needed: dict[str, FragmentDefinitionNode] = {}
    waiting = list(_spread_names(operation))
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        if name not in fragments:
            raise DocumentSourceError(file, f"needs the fragment {name}, which no file defines.")
        needed[name] = fragments[name].definition
        waiting.extend(_spread_names(needed[name]))
    return print_ast(DocumentNode(definitions=(operation, *(needed[name] for name in sorted(needed)))))


def _spread_names(node: Node) -> Iterable[str]:
    """The names of the fragments that are spread in a definition."""
    spreads = _Spreads()
    visit(node, spreads)
    return spreads.names


class _Spreads(Visitor):
    """Takes down the names of fragments."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_args: object) -> None:
        """Take down a name."""
        self.names.append(node.name.value)
