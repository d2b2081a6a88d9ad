"""Every document of `queries/` is valid, and every query among them answers, with data, by one compiled statement."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import FieldNode, OperationDefinitionNode, get_operation_ast, parse, validate

import models
from auth.permissions import Permission
from resolvers.declarations import Declaration, Held, Lookup, Own
from server.graphiql import read_examples
from tests.schema.walk import CORE, fields

DOCUMENTS = sorted((Path(__file__).parents[2] / "queries").glob("*.graphql"))
FROM_ELSEWHERE = {"Cart", "DatabaseHealth", "IdentityProviders", "PaymentOptions", "ResolvePath", "RevisionChanges"}
FOR_STAFF = {
    "OrderHistory": Permission.ACCOUNTS_READ,
    "PageComments": Permission.CONTENT_READ,
    "PageRevisions": Permission.CONTENT_READ,
    "PostAnalytics": Permission.ANALYTICS_READ,
    "PostComments": Permission.CONTENT_READ,
    "PostRevisions": Permission.CONTENT_READ,
}
"""Those that ask for more than visitors see, below fields that they see, and what it takes."""
READS = [
    path for path in DOCUMENTS if "\nquery " in path.read_text(encoding="utf-8") and path.stem not in FROM_ELSEWHERE
]
"""Those that only read the shop's tables, without anything in Python."""


def root_declarations(path: Path) -> list[Declaration]:
    """What the root fields of a query are declared as."""
    operation = get_operation_ast(parse(path.read_text(encoding="utf-8")))
    assert operation is not None
    names = {field.name.value for field in operation.selection_set.selections if isinstance(field, FieldNode)}
    found = [walked.declared for walked in fields() if walked.type.name == "Query" and walked.name in names]
    return [declared.declaration for declared in found if declared is not None]


def is_for_everybody(path: Path) -> bool:
    """Whether visitors get something."""
    roots = root_declarations(path)
    return all(not each.requires and not isinstance(each, Held | Own) and not is_of_buyers(each) for each in roots)


def is_of_buyers(declaration: Declaration) -> bool:
    """Whether it finds an order, which visitors have none of."""
    return isinstance(declaration, Lookup) and declaration.model is models.Order


QUERIES = [path for path in READS if path.stem not in FOR_STAFF and is_for_everybody(path)]
"""Those that visitors send."""


def read_document(path: Path) -> tuple[str, dict[str, Any]]:
    """A document and the variables that go with it."""
    variables = path.with_suffix(".json")
    given: dict[str, Any] = json.loads(variables.read_text(encoding="utf-8")) if variables.exists() else {}
    return path.read_text(encoding="utf-8"), given


def test_there_are_documents() -> None:
    assert len(QUERIES) >= 10
    assert len(DOCUMENTS) > len(READS) > len(QUERIES)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_document_is_valid_and_named_after_its_file(path: Path) -> None:
    document = parse(path.read_text(encoding="utf-8"))
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    assert validate(CORE, document) == []
    assert [operation.name.value for operation in operations if operation.name] == [path.stem]


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
async def test_document_answers_over_http(path: Path, client: httpx.AsyncClient) -> None:
    query, variables = read_document(path)
    response = await client.post("/graphql", json={"query": query, "variables": variables})
    body = response.json()
    assert response.status_code == 200
    assert "errors" not in body
    assert all(value is not None for value in body["data"].values())


def test_examples_begin_with_the_front_page() -> None:
    examples = read_examples()
    assert examples[0].name == "FeaturedProducts"
    assert all(example.description.endswith(".") for example in examples)
    assert {example.name for example in examples} == {path.stem for path in DOCUMENTS}
