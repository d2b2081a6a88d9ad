"""Which document a request means: the text that it brings, the trusted document it names, or a text sent before."""

import re
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from http import HTTPStatus

from graphql import GraphQLError

from server.document_cache import LONGEST_TEXT
from server.graphql_request import GraphQLRequest, PersistedQuery, RequestRefusedError
from server.persisted_queries import PersistedQueries, hash_of
from server.refusals import RefusalCode
from server.trusted_documents import TrustedDocuments

HASH = re.compile(r"[0-9a-f]{64}")
PROTOCOL_VERSION = 1
LONGEST_SHOWN_ID = 100


class DocumentErrorCode(StrEnum):
    """The `extensions.code` of a request whose document is not to be had. Clients of Apollo's protocol know theirs."""

    DOCUMENT_NOT_FOUND = "DOCUMENT_NOT_FOUND"
    TRUSTED_DOCUMENTS_ONLY = "TRUSTED_DOCUMENTS_ONLY"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    PERSISTED_QUERY_HASH_MISMATCH = "PERSISTED_QUERY_HASH_MISMATCH"


class DocumentChoice:
    """What clients may run: with `trusted_only` no texts of their own, neither at once nor by their hash."""

    def __init__(self, trusted: TrustedDocuments, persisted: PersistedQueries, *, trusted_only: bool = False) -> None:
        self.trusted = trusted
        self._persisted = persisted
        self._trusted_only = trusted_only

    def chosen(self, request: GraphQLRequest, is_valid: Callable[[str], bool]) -> GraphQLRequest:
        """The request with the text that it means, which is kept if its client asks for that and it is valid.

        Raises GraphQLError for a document that there is not or that may not run, RequestRefusedError for a hash that
        is none.
        """
        if request.document_id is not None:
            return replace(request, query=self._trusted_text(request.document_id))
        persisted = request.persisted_query
        if persisted is not None and not request.query:
            return replace(request, query=self._text_sent_before(persisted))
        if self._trusted_only:
            message = "Only trusted documents are run here. Name one in `documentId`, and send no `query`."
            raise _refused(message, DocumentErrorCode.TRUSTED_DOCUMENTS_ONLY)
        if persisted is not None:
            self._keep(request.query, persisted, is_valid)
        return request

    def _trusted_text(self, document_id: str) -> str:
        text = self.trusted.text(document_id)
        if text is None:
            shown = document_id if len(document_id) <= LONGEST_SHOWN_ID else f"{document_id[:LONGEST_SHOWN_ID]}…"
            raise _refused(f"There is no trusted document {shown!r}.", DocumentErrorCode.DOCUMENT_NOT_FOUND)
        return text

    def _text_sent_before(self, persisted: PersistedQuery) -> str:
        """The text of a hash; Apollo's tools also name trusted documents so, by whatever id their manifest has."""
        if (trusted := self.trusted.text(persisted.sha256_hash)) is not None:
            return trusted
        self._require_protocol(persisted)
        text = self._persisted.get(persisted.sha256_hash)
        if text is None:
            raise _refused("PersistedQueryNotFound", DocumentErrorCode.PERSISTED_QUERY_NOT_FOUND)
        return text

    def _keep(self, text: str, persisted: PersistedQuery, is_valid: Callable[[str], bool]) -> None:
        self._require_protocol(persisted)
        if persisted.sha256_hash != hash_of(text):
            raise _refused("provided sha does not match query", DocumentErrorCode.PERSISTED_QUERY_HASH_MISMATCH)
        is_known = self._persisted.get(persisted.sha256_hash) is not None
        if not is_known and len(text) <= LONGEST_TEXT and is_valid(text):
            self._persisted.put(text)

    def _require_protocol(self, persisted: PersistedQuery) -> None:
        if persisted.version != PROTOCOL_VERSION or not self._persisted.is_on:
            raise _refused("PersistedQueryNotSupported", DocumentErrorCode.PERSISTED_QUERY_NOT_SUPPORTED)
        if HASH.fullmatch(persisted.sha256_hash) is None:
            raise RequestRefusedError(
                HTTPStatus.BAD_REQUEST,
                RefusalCode.BAD_REQUEST,
                "`sha256Hash` must be the SHA-256 of the text, as 64 hexadecimal digits in lower case.",
            )


def _refused(message: str, code: DocumentErrorCode) -> GraphQLError:
    """An error that clients of Apollo's protocol know by its message, which is no sentence then."""
    return GraphQLError(message, extensions={"code": code})
