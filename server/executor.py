"""The executor that the settings ask for."""

from schema.root import schema
from server.compiled_reads import CompiledReads
from server.document_choice import DocumentChoice
from server.document_preparation import INTROSPECTABLE, DocumentRules
from server.graphql_execution import Executor
from server.persisted_queries import PersistedQueries
from server.rate_limits import RateLimits
from server.settings import Settings
from server.trusted_documents import TrustedDocuments, load_trusted_documents


def executor_for(
    settings: Settings,
    reads: CompiledReads | None = None,
    rates: RateLimits | None = None,
    kind: type[Executor] = Executor,
) -> Executor:
    """The executor, with the trusted documents ready to run. Raises a ServerError when one of them cannot run."""
    trusted_only = settings.trusted_documents_only
    documents = DocumentChoice(
        load_trusted_documents(settings.trusted_documents_file),
        PersistedQueries(0 if trusted_only else settings.persisted_query_bytes),
        trusted_only=trusted_only,
    )
    return kind(
        schema,
        rules=DocumentRules(
            introspection=settings.introspection, suggestions=settings.suggestions, limits=settings.document_limits
        ),
        reads=reads,
        documents=documents,
        explains_to_visitors=settings.explain_to_visitors,
        rates=rates,
        limit_seconds=settings.operation_timeout_seconds,
    )


def require_trusted_documents(settings: Settings) -> None:
    """Refuse documents that cannot run before anything is started: of several processes each would fail alone."""
    executor_for(settings)


def runnable_documents() -> TrustedDocuments:
    """The documents of `queries/`. Raises a ServerError when one of them cannot run."""
    trusted = load_trusted_documents(None)
    Executor(schema, rules=INTROSPECTABLE, documents=DocumentChoice(trusted, PersistedQueries(0)))
    return trusted
