"""How often a text is parsed and validated before it runs, or does not."""

import pytest
from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, validate
from sqlalchemy.ext.asyncio import AsyncEngine

from server import document_preparation
from server.document_limits import DocumentLimits, parsed
from server.graphql_request import GraphQLRequest
from tests.executors import answered, compiling_on

INVALID = '{ product(slug: "lamp") { nothing } }'


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are validated during the test, in their order."""
    found: list[str] = []

    def noting(schema: GraphQLSchema, document: DocumentNode, *given: object, **named: object) -> list[GraphQLError]:
        assert document.loc is not None
        found.append(document.loc.source.body)
        return validate(schema, document, *given, **named)  # type: ignore[arg-type] # handed on as they are

    monkeypatch.setattr(document_preparation, "validate", noting)
    return found


async def test_text_with_literals_that_is_not_valid_is_checked_once(
    demo_engine: AsyncEngine, checked: list[str]
) -> None:
    """Although it is looked for as one with literals first, and then as it stands."""
    answer = await answered(compiling_on(demo_engine), demo_engine, GraphQLRequest(INVALID))

    (error,) = answer.errors
    assert error.message.startswith("Cannot query field 'nothing' on type 'Product'.")
    assert checked == [INVALID]


async def test_only_the_last_texts_are_remembered(demo_engine: AsyncEngine, checked: list[str]) -> None:
    texts = [
        f'{{ product(slug: "{number}") {{ nothing }} }}' for number in range(document_preparation.JUST_CHECKED + 1)
    ]
    for text in [*texts, texts[0]]:
        await answered(compiling_on(demo_engine), demo_engine, GraphQLRequest(text))

    assert checked == [*texts, texts[0]]


def test_document_keeps_where_its_nodes_stand_and_no_tokens() -> None:
    (operation,) = parsed("query Name { shop { name } }", DocumentLimits()).definitions
    assert isinstance(operation, OperationDefinitionNode)
    (shop,) = operation.selection_set.selections
    for node, place in ((operation, (0, 28)), (shop, (13, 26))):
        assert node.loc == place
        assert not hasattr(node.loc, "start_token")
        assert not hasattr(node.loc, "end_token")
