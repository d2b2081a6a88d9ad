"""A client of one kept-alive connection, for loads that wrk cannot send: at given times, or of many who wait."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

from benchmarks.errors import AbsentError
from benchmarks.serving import HOST, PATH

LENGTH = b"content-length:"


@dataclass(slots=True)
class Connection:
    """Sends one request after the other, as from an address of its own."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: bytes

    @classmethod
    async def opened(cls, port: int, address: str) -> Self:
        """A connection to the server; `address` is where a proxy says that the client is."""
        reader, writer = await asyncio.open_connection(HOST, port)
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
            f"Accept: application/json\r\nX-Forwarded-For: {address}\r\n"
        )
        return cls(reader, writer, head.encode())

    async def ask(self, body: bytes, headers: bytes = b"") -> bytes:
        """The body of the answer. `headers` are whole lines. Raises AbsentError when it is no good one."""
        self.writer.write(b"%b%bContent-Length: %d\r\n\r\n%b" % (self.head, headers, len(body), body))
        head = await self.reader.readuntil(b"\r\n\r\n")
        status, *lines = head.lower().split(b"\r\n")
        length = next(int(line.removeprefix(LENGTH)) for line in lines if line.startswith(LENGTH))
        answer = await self.reader.readexactly(length)
        if int(status.split()[1]) != HTTPStatus.OK or b'"errors"' in answer:
            raise AbsentError(f"it answered {status.decode()}: {answer[:300]!r}")
        return answer

    def close(self) -> None:
        """Hang up."""
        self.writer.close()
