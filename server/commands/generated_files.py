"""Files that are committed and made from the code: written, or compared with what it says now."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from server.errors import ServerError

ROOT = Path(__file__).parent.parent.parent

Output = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write there, not to the screen.", show_default=False)
]


class FileOutdatedError(ServerError):
    """A committed file says something else than what it is made from."""

    def __init__(self, path: Path, command: str) -> None:
        super().__init__(f"{path} is not what the code says. Run `merkato {command} --output {path}`.")


def give(text: str, output: Path | None) -> None:
    """Write the text there, or to the screen."""
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ServerError(f"{output} cannot be written: {error.strerror}.") from error


def compare(text: str, path: Path, command: str) -> None:
    """Refuse a file that the command would write anew. Raises FileOutdatedError."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        raise FileOutdatedError(path, command)
