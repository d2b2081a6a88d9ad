"""CSV files of any size: read record by record in constant memory, each with the line where it begins."""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from stat import S_ISREG
from typing import IO, Final

from domain.errors import DomainError

LONGEST_FIELD: Final = 2**22
"""Characters of a field; the csv module's own limit is 131,072, which product descriptions pass."""

LONGEST_LINE: Final = 2 * LONGEST_FIELD
UNDECODED: Final = re.compile("[\udc80-\udcff]")
"""What the `surrogateescape` handler makes of bytes that are not UTF-8."""

SIGNATURES: Final = {
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"PK\x03\x04": "a workbook or an archive",
    b"\x1f\x8b": "compressed",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
}


class UnreadableFileError(DomainError):
    """There is no CSV file to read."""

    def __init__(self, name: str, reason: str, advice: str = "Give the path of a CSV file.") -> None:
        super().__init__(f"{name} {reason}. {advice}")


class BrokenFileError(DomainError):
    """The file stops being UTF-8 or CSV in a line."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        super().__init__(f"{name}, line {line:,}: {reason}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of a row, and the line of the file in which it begins, counted from 1."""

    line: int
    cells: list[str]


class CsvFile:
    """An open CSV file. It can be read from its beginning as often as needed."""

    def __init__(self, name: str, file: IO[bytes], size_bytes: int) -> None:
        self.name = name
        self.size_bytes = size_bytes
        self._file = file
        self._stream = TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")

    def release(self) -> None:
        """Leave the file open for others, and read it no more."""
        self._stream.detach()

    @property
    def position_bytes(self) -> int:
        """How much of the file has been read."""
        return self._file.tell()

    def records(self) -> Iterator[Record]:
        """Every record but blank lines, from the beginning. Raises BrokenFileError where the text is not CSV."""
        csv.field_size_limit(LONGEST_FIELD)
        self._stream.seek(0)
        reader = csv.reader(self._lines(), strict=True)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise BrokenFileError(self.name, line, _explain(error, line, reader.line_num)) from error
            if cells is None:
                return
            if cells:
                yield Record(line, cells)

    def _lines(self) -> Iterator[str]:
        """The lines with their ends; CR, LF and CRLF each end one."""
        number = 0
        while line := self._stream.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                raise BrokenFileError(self.name, number, f"The line has more than {LONGEST_LINE:,} characters.")
            if not line.isascii() and (broken := UNDECODED.search(line)):
                raise BrokenFileError(self.name, number, _explain_encoding(line, broken.start()))
            yield line


@contextmanager
def opened_csv(path: Path) -> Iterator[CsvFile]:
    """The CSV file at the path, for as long as the block runs. Raises UnreadableFileError."""
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            raise UnreadableFileError(str(path), "is a folder or a device, not a file")
        file = path.open("rb")
    except FileNotFoundError as error:
        raise UnreadableFileError(str(path), "does not exist") from error
    except OSError as error:
        raise UnreadableFileError(str(path), f"cannot be read: {error.strerror}") from error
    with file, read_as_csv(file, str(path), status.st_size) as opened:
        yield opened


@contextmanager
def read_as_csv(file: IO[bytes], name: str, size_bytes: int) -> Iterator[CsvFile]:
    """An open file as CSV, for as long as the block runs; messages call it `name`. Raises UnreadableFileError."""
    file.seek(0)
    _refuse_other_formats(name, file.read(4))
    opened = CsvFile(name, file, size_bytes)
    try:
        yield opened
    finally:
        opened.release()


def _refuse_other_formats(name: str, start: bytes) -> None:
    advice = "Save it as “CSV UTF-8 (comma delimited)” and try again."
    if not start:
        raise UnreadableFileError(name, "is empty", "Export the products again.")
    for signature, kind in SIGNATURES.items():
        if start.startswith(signature):
            raise UnreadableFileError(name, f"is {kind}, not CSV", advice)
    if b"\0" in start:
        raise UnreadableFileError(name, "is UTF-16 text or no text at all, not CSV", advice)


def _explain(error: csv.Error, first_line: int, last_line: int) -> str:
    """What the csv module means, in the words of somebody who has to put it right."""
    if "end of data" in str(error):
        return "A quotation mark that opens in this row is never closed."
    if "field limit" in str(error):
        return f"A field has more than {LONGEST_FIELD:,} characters; probably a quotation mark is not closed."
    where = f" (seen in line {last_line:,})" if last_line > first_line else ""
    return f"A quotation mark inside a quoted field is not doubled{where}."


def _explain_encoding(line: str, place: int) -> str:
    byte = ord(line[place]) - 0xDC00
    before = line[max(0, place - 20) : place].strip()
    return f"The byte 0x{byte:02X} after “{before}” is not UTF-8. Save the file as “CSV UTF-8” and try again."
