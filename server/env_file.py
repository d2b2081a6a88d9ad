"""The file `.env`: how values are written into it, and how it comes to be there whole or not at all."""

import os
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from server.environment import FIELDS
from server.errors import ServerError

ENV_FILE = Path(".env")
HEAD = """\
# The settings of this shop, written by `merkato init`. It holds secrets: keep it to yourself, and keep a copy.
# .env.example lists all settings there are; `merkato check-env` says what is wrong.
"""


class EnvFileExistsError(ServerError):
    """Somebody has set the shop up before."""

    def __init__(self) -> None:
        super().__init__(
            f"{ENV_FILE.resolve()} is there already, so that this shop is set up. Nothing was changed. "
            "Edit that file to change a setting; `merkato create-admin` makes another administrator."
        )


class EnvFileUnwritableError(ServerError):
    """The operating system refuses to keep the file."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"{ENV_FILE.resolve()} cannot be written: {error.strerror}. Nothing was changed.")


def env_text(values: Mapping[str, str]) -> str:
    """The text of a file with these settings, by their names in lower case, each with its meaning."""
    blocks = (
        "".join(f"# {line}\n" for line in textwrap.wrap(FIELDS[name].description or "", width=110))
        + f"{name.upper()}={_quoted(value)}\n"
        for name, value in values.items()
    )
    return "\n".join([HEAD, *blocks])


def require_no_env_file() -> None:
    """Refuse to go on when there is one."""
    if ENV_FILE.exists() or ENV_FILE.is_symlink():
        raise EnvFileExistsError


@contextmanager
def new_env_file(text: str) -> Iterator[None]:
    """Have the file there, readable by its owner only, from now on if the block ends well.

    It appears at once and whole, and never takes the place of another. Raises EnvFileExistsError and
    EnvFileUnwritableError.
    """
    _put_in_place(text)
    try:
        yield
    except BaseException:
        ENV_FILE.unlink()
        raise


def _put_in_place(text: str) -> None:
    """Write the text beside it and link the file there. Temporary files are their owner's alone (0600)."""
    try:
        with tempfile.NamedTemporaryFile("w", prefix=f"{ENV_FILE}.", dir=ENV_FILE.parent, encoding="utf-8") as draft:
            draft.write(text)
            draft.flush()
            os.fsync(draft.fileno())
            os.link(draft.name, ENV_FILE)
    except FileExistsError as error:
        raise EnvFileExistsError from error
    except OSError as error:
        raise EnvFileUnwritableError(error) from error


def _quoted(value: str) -> str:
    """The value as python-dotenv reads it: within single quotes, and without its replacing of `${NAME}`."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("${", "${:-$}{")
    return f"'{escaped}'"
