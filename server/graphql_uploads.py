"""Operations that come with files, as multipart forms.

Source of the rules: https://github.com/jaydenseric/graphql-multipart-request-spec, version 2. Batches are refused, as
everywhere.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Any, TypeVar

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from domain.errors import shown
from resolvers.uploads import Upload
from server.graphql_request import (
    GraphQLRequest,
    RequestRefusedError,
    bad_request,
    parsed,
    parsed_object,
    request_from,
    require_uncompressed,
    too_large,
)
from server.http_messages import HttpRequest
from server.refusals import RefusalCode
from server.upload_limits import UploadLimits
from server.upload_map import put_files

FORM = b"multipart/form-data"
PREFLIGHT_HEADERS = (b"apollo-require-preflight", b"graphql-require-preflight", b"x-apollo-operation-name")
"""Browsers ask whether a page of another origin may send these; without one, any page may post a form, with cookies."""

OPERATIONS, MAP = "operations", "map"
STRAY_FIELDS = "The form must have the text fields `operations` and `map`, and no others. Files need a file name."

Part = TypeVar("Part")


class _Parser(MultiPartParser):
    """Starlette's, which keeps the beginning of each file in memory, and the rest in temporary files."""

    spool_max_size = 2**16


def is_form(request: HttpRequest) -> bool:
    """Whether the request is a POST of a multipart form."""
    content_type = request.headers.get(b"content-type", b"")
    begins_so = content_type[: len(FORM)].lower() == FORM and request.method == "POST"
    return begins_so and content_type[len(FORM) :].lstrip()[:1] in {b"", b";"}


class FormReader:
    """Reads the operations of forms, a bounded number at once."""

    def __init__(self, limits: UploadLimits) -> None:
        self._limits = limits
        self._open = 0

    @asynccontextmanager
    async def request_in(self, request: HttpRequest) -> AsyncIterator[GraphQLRequest]:
        """The operation in a form, whose files are there while the block runs. Raises RequestRefusedError."""
        _require_preflight(request)
        require_uncompressed(request.header(b"content-encoding"))
        with self._place():
            form = await self._form(request)
            try:
                yield self._asked(form)
            finally:
                await form.close()

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._open >= self._limits.at_once:
            raise RequestRefusedError(
                HTTPStatus.TOO_MANY_REQUESTS,
                RefusalCode.TOO_MANY_UPLOADS,
                f"{self._open} other requests bring files right now. Try again in a second.",
                {"Retry-After": "1", "Connection": "close"},
            )
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    async def _form(self, request: HttpRequest) -> FormData:
        """The parts of the form. Text is taken for Latin-1, which has a character for each byte: none is lost."""
        content_type = _without_charset(request.header(b"content-type") or "")
        parser = _Parser(
            Headers({"content-type": f"{content_type}; charset=latin-1"}),
            self._arriving(request),
            max_files=self._limits.files,
            max_fields=len((OPERATIONS, MAP)),
            max_part_size=self._limits.field_bytes,
        )
        try:
            return await parser.parse()
        except MultiPartException as error:
            raise self._refused(error.message) from error

    async def _arriving(self, request: HttpRequest) -> AsyncGenerator[bytes, None]:
        """The body as it comes. Raises RequestRefusedError when there is too much of it, or it breaks off."""
        received, is_complete = 0, False
        while not is_complete:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise bad_request("The connection closed before the form was complete. Send it again.")
            received += len(message.get("body", b""))
            if received > self._limits.body_bytes:
                raise too_large(self._limits.body_bytes)
            is_complete = not message.get("more_body", False)
            yield message.get("body", b"")

    def _refused(self, reason: str) -> RequestRefusedError:
        """The refusal of a form that Starlette does not take. Its reasons differ by their texts alone."""
        if reason.startswith("Part exceeded"):
            return self._too_much(f"`operations` or `map` is longer than {self._limits.field_bytes} bytes.")
        if reason.startswith("Too many files"):
            return self._too_much(f"The form holds more files than {self._limits.files}, which are the most.")
        if reason.startswith("Too many fields"):
            return bad_request(STRAY_FIELDS)
        return bad_request(f"The form cannot be read: {reason.rstrip('.')}. Send multipart/form-data.")

    def _too_much(self, message: str) -> RequestRefusedError:
        status, code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, RefusalCode.PAYLOAD_TOO_LARGE
        return RequestRefusedError(status, code, message, {"Connection": "close"})

    def _asked(self, form: FormData) -> GraphQLRequest:
        texts = _by_name((name, part) for name, part in form.multi_items() if isinstance(part, str))
        files = _by_name(
            (name, self._upload(name, part)) for name, part in form.multi_items() if isinstance(part, UploadFile)
        )
        if OPERATIONS not in texts or texts.keys() - {OPERATIONS, MAP}:
            raise bad_request(STRAY_FIELDS)
        operation = parsed_object(texts[OPERATIONS].encode("latin-1"), "`operations`")
        put_files(operation, _places(texts.get(MAP)), files, self._limits.paths)
        return request_from(operation)

    def _upload(self, name: str, part: UploadFile) -> Upload:
        size_bytes = part.size or 0
        if size_bytes > self._limits.file_bytes:
            raise self._too_much(f"The file “{shown(_named(name))}” is longer than {self._limits.file_bytes} bytes.")
        return Upload(part.file, size_bytes)


def _require_preflight(request: HttpRequest) -> None:
    if not any(name in request.headers for name in PREFLIGHT_HEADERS):
        names = ", ".join(name.decode() for name in PREFLIGHT_HEADERS)
        raise RequestRefusedError(
            HTTPStatus.FORBIDDEN,
            RefusalCode.PREFLIGHT_REQUIRED,
            f"A form could come from the page of a stranger. Send one of these headers with it: {names}.",
        )


def _without_charset(content_type: str) -> str:
    """The content type with its boundary alone."""
    parameters = [part for part in content_type.split(";") if not part.strip().lower().startswith("charset")]
    return ";".join(parameters)


def _named(name: str) -> str:
    """The name of a part, whose bytes were taken for Latin-1. Raises RequestRefusedError."""
    try:
        return name.encode("latin-1").decode()
    except UnicodeDecodeError as error:
        raise bad_request("The name of a field is not UTF-8. Send the form in UTF-8.") from error


def _by_name(parts: Iterable[tuple[str, Part]]) -> dict[str, Part]:
    """The parts by their names, each of which there is once. Raises RequestRefusedError."""
    named: dict[str, Part] = {}
    for name, part in parts:
        if named.setdefault(_named(name), part) is not part:
            raise bad_request(f"There are two parts “{shown(_named(name))}” in the form. Send one.")
    return named


def _places(text: str | None) -> dict[str, Any]:
    """Where the files belong; a form without files needs no `map`."""
    places = {} if text is None else parsed(text.encode("latin-1"), "`map`")
    if not isinstance(places, dict):
        raise bad_request("`map` must be a JSON object, with a list of paths for each file.")
    return places
