"""Files that come with an operation: where they are put, how much of them is taken, and that nothing of them stays."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest
from starlette.types import Message

from resolvers.uploads import Upload
from server.graphql_request import GraphQLRequest, RequestRefusedError
from server.graphql_uploads import FormReader
from server.http_messages import HttpRequest
from server.upload_limits import UploadLimits
from tests.server.forms import HEADERS, operation_form

QUERY = "mutation M($a: Upload, $b: [Upload]) { x }"


def request_of(pieces: Iterable[bytes], *, is_whole: bool = True) -> HttpRequest:
    """A request whose body arrives in pieces, and perhaps breaks off behind the last one."""
    headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    scope = {"type": "http", "method": "POST", "query_string": b"", "headers": headers}
    arriving = iter(pieces)

    async def receive() -> Message:
        piece = next(arriving, None)
        if piece is None and not is_whole:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    return HttpRequest(scope, receive)


@asynccontextmanager
async def read(*pieces: bytes, limits: UploadLimits | None = None) -> AsyncIterator[GraphQLRequest]:
    """The operation in a form, for as long as the block runs."""
    async with FormReader(limits or UploadLimits()).request_in(request_of(pieces)) as asked:
        yield asked


def content(value: object) -> bytes:
    """What is in a file."""
    assert isinstance(value, Upload)
    value.file.seek(0)
    return value.file.read()


async def test_files_stand_where_the_map_says() -> None:
    operation = {"query": QUERY, "operationName": "M", "variables": {"a": None, "b": [None, {"c": None}], "d": 1}}
    places = {"0": ["variables.a", "variables.b.0"], "ü": ["variables.b.1.c"]}

    async with read(operation_form(operation, places, {"0": b"one", "ü": b""})) as asked:
        assert (asked.query, asked.operation_name) == (QUERY, "M")
        variables = asked.variables or {}
        assert variables["a"] is variables["b"][0]
        assert [content(variables["a"]), content(variables["b"][1]["c"])] == [b"one", b""]
        assert [variables["a"].size_bytes, variables["d"]] == [3, 1]


async def test_files_arrive_in_pieces_of_any_length() -> None:
    long = bytes(range(256)) * 1000
    body = operation_form({"query": QUERY, "variables": {"a": None}}, {"0": ["variables.a"]}, {"0": long})
    for length in (997, 65_536):
        async with read(*(body[start : start + length] for start in range(0, len(body), length))) as asked:
            assert content((asked.variables or {})["a"]) == long


async def test_files_are_gone_with_the_answer() -> None:
    body = operation_form({"query": QUERY, "variables": {"a": None}}, {"0": ["variables.a"]}, {"0": b"x" * 100_000})
    async with read(body) as asked:
        file = (asked.variables or {})["a"].file
        assert not file.closed
    assert file.closed


async def test_no_more_is_read_than_may_come() -> None:
    taken: list[int] = []

    def endless() -> Iterator[bytes]:
        yield operation_form({"query": QUERY}, {}, {"0": b""}).rpartition(b"\r\n--")[0]
        while True:
            taken.append(1000)
            yield b"x" * 1000

    limits = UploadLimits(body_bytes=20_000)
    with pytest.raises(RequestRefusedError, match="longer than 20000 bytes") as refused:
        async with FormReader(limits).request_in(request_of(endless())):
            pass
    assert (refused.value.status, refused.value.headers) == (413, {"Connection": "close"})
    assert 18_000 <= sum(taken) <= 20_000


async def test_file_may_be_as_long_as_the_limit() -> None:
    limits = UploadLimits(file_bytes=1000)
    operation, places = {"query": QUERY, "variables": {"a": None}}, {"0": ["variables.a"]}
    async with read(operation_form(operation, places, {"0": b"x" * 1000}), limits=limits) as asked:
        assert (asked.variables or {})["a"].size_bytes == 1000
    with pytest.raises(RequestRefusedError, match="The file “0” is longer than 1000 bytes") as refused:
        async with read(operation_form(operation, places, {"0": b"x" * 1001}), limits=limits):
            pass
    assert refused.value.status == 413


async def test_form_that_breaks_off_is_refused() -> None:
    body = operation_form({"query": QUERY}, {}, {"0": b"x" * 1000})
    with pytest.raises(RequestRefusedError, match="closed before the form was complete"):
        async with FormReader(UploadLimits()).request_in(request_of([body[:500]], is_whole=False)):
            pass


async def test_so_many_forms_are_taken_at_once() -> None:
    body = operation_form({"query": QUERY}, {}, {})
    forms = FormReader(replace(UploadLimits(), at_once=2))
    async with AsyncExitStack() as answering:
        for _ in range(2):
            await answering.enter_async_context(forms.request_in(request_of([body])))
        with pytest.raises(RequestRefusedError, match="2 other requests bring files") as refused:
            await answering.enter_async_context(forms.request_in(request_of([body])))
        assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "1")
    async with forms.request_in(request_of([body])) as asked:
        assert asked.query == QUERY
