"""From a text to a document that may run: parsed, within the limits, and valid."""

from dataclasses import dataclass
from functools import lru_cache

from graphql import DocumentNode, GraphQLError, GraphQLSchema, validate

from server.document_attempts import require_few_attempts
from server.document_cache import PreparedDocument, prepared
from server.document_limits import DocumentLimits, DocumentTooLargeError, parsed
from server.graphql_errors import ServerErrorCode, coded
from server.validation_rules import RULES, RULES_WITHOUT_INTROSPECTION

USUAL_LIMITS = DocumentLimits()


@dataclass(frozen=True, slots=True)
class DocumentRules:
    """What documents may hold, and what is told of those that are wrong."""

    introspection: bool
    """Whether clients may ask for the schema."""
    suggestions: bool = True
    """Whether names like a mistyped one are told."""
    limits: DocumentLimits = USUAL_LIMITS


INTROSPECTABLE = DocumentRules(introspection=True)
CLOSED = DocumentRules(introspection=False)

MOST_CHECKED = 1000
"""Trusted documents that are checked once in a process."""

JUST_CHECKED = 16
"""Other texts that were checked last. One that is not valid, or does not compile, is soon asked for a second time."""

Checked = DocumentNode | tuple[GraphQLError, ...]
"""A valid document, or what is wrong with it."""


def prepare(schema: GraphQLSchema, rules: DocumentRules, text: str) -> PreparedDocument:
    """The document of a text, or what is wrong with it."""
    found = _check_lately(schema, rules, text)
    return prepared(schema, found) if isinstance(found, DocumentNode) else PreparedDocument(errors=found)


@lru_cache(maxsize=JUST_CHECKED)
def _check_lately(schema: GraphQLSchema, rules: DocumentRules, text: str) -> Checked:
    return _check(schema, rules, text)


@lru_cache(maxsize=MOST_CHECKED)
def check_trusted(schema: GraphQLSchema, rules: DocumentRules, text: str) -> Checked:
    """The same of a document that executors are made with: the process checks it once, however many these are.

    `merkato serve` makes one to refuse wrong documents before it starts anything, and another one to serve with.
    """
    return _check(schema, rules, text)


def _check(schema: GraphQLSchema, rules: DocumentRules, text: str) -> Checked:
    try:
        document = parsed(text, rules.limits)
    except GraphQLError as error:
        return _refused(error)
    errors = validate(
        schema,
        document,
        RULES if rules.introspection else RULES_WITHOUT_INTROSPECTION,
        max_errors=rules.limits.errors,
        hide_suggestions=not rules.suggestions,
    )
    if errors:
        return tuple(coded(error, ServerErrorCode.VALIDATION_FAILED) for error in errors)
    try:
        require_few_attempts(schema, document, rules.limits.attempts)
    except DocumentTooLargeError as error:
        return _refused(error)
    return document


def _refused(error: GraphQLError) -> tuple[GraphQLError]:
    return (coded(error, ServerErrorCode.PARSE_FAILED),)
