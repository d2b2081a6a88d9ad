"""The settings that bound what one request may ask for, and how long it may take.

The numbers are between those that GraphQL Armor, Saleor, Shopify and GitHub use.
"""

from pydantic import Field
from pydantic_settings import BaseSettings

from server.document_limits import DocumentLimits

USUAL = DocumentLimits()


class LimitSettings(BaseSettings):
    """How long a request may take to arrive and to be answered, what its document may hold, what it may cost."""

    max_document_characters: int = Field(
        default=USUAL.characters, ge=100, le=10_000_000, description="The longest text of a document that is read."
    )
    max_document_tokens: int = Field(
        default=USUAL.tokens, ge=10, le=1_000_000, description="How many names, marks and values a document may have."
    )
    max_document_operations: int = Field(
        default=USUAL.operations, ge=1, le=10_000, description="How many operations a document may have."
    )
    max_operation_variables: int = Field(
        default=USUAL.variables, ge=0, le=10_000, description="How many variables an operation may declare."
    )
    max_operation_depth: int = Field(
        default=USUAL.depth,
        ge=1,
        le=200,
        description="How many fields may stand in one another. Introspection by GraphiQL takes 15.",
    )
    max_document_aliases: int = Field(
        default=USUAL.aliases, ge=0, le=100_000, description="How many aliases a document may have."
    )
    max_document_directives: int = Field(
        default=USUAL.directives, ge=0, le=100_000, description="How many directives a document may have."
    )
    max_operation_mutations: int = Field(
        default=USUAL.mutations, ge=1, le=10_000, description="How many changes one operation may make."
    )
    max_operation_attempts: int = Field(
        default=USUAL.attempts,
        ge=1,
        le=10_000,
        description="How many changes that check or send a password, a code or a link one operation may make.",
    )
    max_operation_fields: int = Field(
        default=USUAL.fields,
        ge=1,
        le=10_000,
        description="How many fields an operation may have, those of a fragment at each place where it is spread.",
    )
    max_operation_cost: int = Field(
        default=USUAL.cost,
        ge=1,
        le=1_000_000_000,
        description="What an operation may cost: a point for each field of each object that it may give, pages at the "
        "size asked for; some fields cost more.",
    )
    request_arrival_seconds: float = Field(
        default=15,
        gt=0,
        le=3600,
        description="How long a request may take to arrive, from its first byte to its last.",
    )
    operation_timeout_seconds: float = Field(
        default=10,
        gt=0,
        le=3600,
        description="How long an operation may take. Then it is stopped, and what is not committed is rolled back.",
    )
    max_validation_errors: int = Field(
        default=USUAL.errors, ge=1, le=1_000, description="How many errors of a document are told at most."
    )

    @property
    def document_limits(self) -> DocumentLimits:
        """The limits as the executor takes them."""
        return DocumentLimits(
            characters=self.max_document_characters,
            tokens=self.max_document_tokens,
            operations=self.max_document_operations,
            variables=self.max_operation_variables,
            depth=self.max_operation_depth,
            aliases=self.max_document_aliases,
            directives=self.max_document_directives,
            mutations=self.max_operation_mutations,
            attempts=self.max_operation_attempts,
            fields=self.max_operation_fields,
            cost=self.max_operation_cost,
            errors=self.max_validation_errors,
        )
