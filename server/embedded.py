"""The embedded PostgreSQL: started with the process that needs it, stopped with it, reachable by nobody else.

The folder holds the cluster (`postgres`), its socket, its log and two locks. `lock` is held by the process that
started the server. `server.lock` is inherited by the server's own processes, so that it tells for certain whether
any of them is alive, whatever has become of process numbers and of whoever started them.
"""

import contextlib
import errno
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self
from urllib.parse import quote

from server import postgres_cluster
from server.file_lock import FileLock
from server.postgres_cluster import DATABASE, SUPERUSER
from server.postgres_programs import EmbeddedPostgresError, Installation, Launcher, choose_launcher, find_installation
from server.postmaster import PORT, Postmaster, read_postmaster, socket_path

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "shared_buffers": "256MB",
        "effective_cache_size": "1GB",
        "work_mem": "4MB",
        "maintenance_work_mem": "64MB",
        "wal_buffers": "16MB",
        "checkpoint_completion_target": "0.9",
        "random_page_cost": "1.1",
        "effective_io_concurrency": "2",
        "max_connections": "200",
        "log_min_duration_statement": "100ms",
        "log_parameter_max_length": "0",
        "log_checkpoints": "off",
        "jit": "off",
        "huge_pages": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
)
"""What suits a small machine with fast disks. Statements are logged from a tenth of a second on, without their values:
tokens, e-mail addresses and hashes of passwords are among them."""

LONGEST_SOCKET_PATH = 103
"""The bytes that fit into sockaddr_un on every platform; Linux has room for four more."""

SOCKET_FOLDER = "socket"
SOCKET_FOLDER_PREFIX = "merkato-"
START_SECONDS = 120
LEFTOVER_SECONDS = 30
LATE_SECONDS = 5
"""How long a server may take to write down its number when we were cut off before we took note of it; and a child
of a killed process to become the program that it was made for."""

POLL_SECONDS = 0.01

_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")
"""Paths that need no quoting in unix_socket_directories, nor in a DSN."""


class FolderInUseError(EmbeddedPostgresError):
    """Another process has its database in the folder."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        whom = f"process {pid}" if pid else "another process"
        super().__init__(
            f"The folder {folder} is in use by {whom}. Stop that process first, "
            "or set DATA_DIRECTORY to another folder."
        )
        self.pid = pid


class FolderUnusableError(EmbeddedPostgresError):
    """The operating system refuses to keep a database in the folder."""

    def __init__(self, folder: Path, error: OSError) -> None:
        remedies = {errno.ENOSPC: "Free some space", errno.EDQUOT: "Free some space"}
        remedy = remedies.get(error.errno or 0, "Check who owns it and what its file system allows")
        where = f" ({error.filename})" if error.filename else ""
        super().__init__(
            f"The database cannot be kept in {folder}: {error.strerror or error}{where}. "
            f"{remedy}, or set DATA_DIRECTORY to another folder."
        )


class StartFailedError(EmbeddedPostgresError):
    """The server ended or hung before it took connections."""

    def __init__(self, reason: str, log: Path) -> None:
        super().__init__(f"PostgreSQL did not start: {reason} Its log is {log}.")


class LeftoverRunningError(EmbeddedPostgresError):
    """A server of an earlier run neither answers nor ends."""

    def __init__(self, data: Path, pid: int | None) -> None:
        command = f"`kill -INT {pid}`" if pid else "`pkill -INT -f` and that path"
        super().__init__(
            f"A PostgreSQL of an earlier run still works on {data} and does not answer. End it with {command} "
            "and try again."
        )


class NoSocketFolderError(EmbeddedPostgresError):
    """No folder has a name short enough for a socket."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The path of {folder} is too long for a Unix socket, and so is that of the folder for temporary files. "
            "Set TMPDIR to a folder with a short path, such as /tmp."
        )


class EmbeddedPostgres:
    """One PostgreSQL cluster in a folder. Use it as a context manager, or call `start` and `stop`."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """`settings` are server settings that go before the usual ones, such as `{"fsync": "off"}`."""
        self.folder = folder.resolve()
        self._settings = {**SETTINGS, **(settings or {})}
        self._data = self.folder / "postgres"
        self._log = self.folder / "postgres.log"
        self._lock = FileLock(self.folder / "lock")
        self._server_lock = FileLock(self.folder / "server.lock")
        self._process: subprocess.Popen[bytes] | None = None
        self._postmaster: Postmaster | None = None

    @property
    def url(self) -> str:
        """Where the database is, as a DSN that asyncpg and `server.database` understand."""
        if self._postmaster is None:
            message = "The embedded PostgreSQL is not running."
            raise RuntimeError(message)
        return _url(self._postmaster)

    def start(self) -> None:
        """Start the server, or adopt the one that a killed process left behind.

        Raises an EmbeddedPostgresError, FolderInUseError above all, and then leaves nothing running that it started.
        """
        with _explained(self.folder):
            self._claim()
            try:
                self._postmaster = self._leftover()
            except BaseException:
                self._lock.release()
                raise
            if self._postmaster is None:
                self._launch_or_undo()

    def stop(self) -> None:
        """Stop the server and let go of the folder. Nothing happens when the folder is not ours."""
        if not self._lock.is_held:
            return
        self._end_server()
        self._lock.release()

    def reset(self) -> None:
        """Delete the cluster with all its data. Refused while the folder is in use."""
        with _explained(self.folder):
            self._claim()
            try:
                self._postmaster = self._leftover()
                self._end_server()
                postgres_cluster.remove(self._data)
            finally:
                self._lock.release()

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server."""
        self.stop()

    def _claim(self) -> None:
        _make_folder(self.folder)
        if not self._lock.acquire() and not self._inherit():
            raise FolderInUseError(self.folder, self._lock.holder())
        self._lock.sign()

    def _inherit(self) -> bool:
        """Take the lock of a process that was killed just when it started a program, which lets go of it at once."""
        return self._lock.is_orphaned() and _wait_until(self._lock.acquire, LATE_SECONDS)

    def _leftover(self) -> Postmaster | None:
        """The server that an earlier run left behind, once it is ready; None once none is left."""
        deadline = time.monotonic() + LEFTOVER_SECONDS
        while time.monotonic() < deadline:
            postmaster = _running_on(self._data)
            if postmaster is not None and postmaster.is_ready and postmaster.answers():
                return postmaster
            if postmaster is None and self._server_lock.is_free():
                return None
            time.sleep(POLL_SECONDS)
        stuck = read_postmaster(self._data)
        raise LeftoverRunningError(self._data, stuck.pid if stuck else None)

    def _launch_or_undo(self) -> None:
        try:
            self._postmaster = self._launch()
        except BaseException:
            self.stop()
            raise

    def _launch(self) -> Postmaster:
        _forget_dead_server(self._data)
        installation = find_installation()
        socket_folder = _choose_socket_folder(self.folder)
        launcher = choose_launcher(installation, self._data, socket_folder)
        launcher.hand_over(socket_folder)
        self._server_lock.acquire()
        try:
            self._prepare_cluster(installation, launcher)
            self._process = self._popen(installation, launcher, socket_folder)
        finally:
            self._server_lock.release()
        return self._wait_until_ready(self._process)

    def _prepare_cluster(self, installation: Installation, launcher: Launcher) -> None:
        if not postgres_cluster.is_created(self._data):
            durable = self._settings.get("fsync", "on") == "on"
            postgres_cluster.create(self._data, installation, launcher, self._server_lock, durable=durable)
        postgres_cluster.require_usable(self._data)

    def _popen(self, installation: Installation, launcher: Launcher, socket_folder: Path) -> subprocess.Popen[bytes]:
        settings = self._settings | {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(socket_folder),
            "unix_socket_permissions": "0700",
        }
        switches = [switch for name, value in settings.items() for switch in ("-c", f"{name}={value}")]
        command: list[str | Path] = [installation.program("postgres"), "-D", self._data, *switches]
        with _fresh_log(self._log) as log:
            return launcher.popen(command, keep=self._server_lock.descriptor(), output=log)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> Postmaster:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise StartFailedError(_last_words(self._log), self._log)
            postmaster = read_postmaster(self._data)
            if postmaster is not None and postmaster.pid == process.pid and postmaster.is_ready:
                return postmaster
            time.sleep(POLL_SECONDS)
        raise StartFailedError(f"it was not ready after {START_SECONDS} seconds.", self._log)

    def _end_server(self) -> None:
        """Ask it to end, tell it to, make it."""
        _wait_until(lambda: self._server_pid() is not None or self._server_lock.is_free(), LATE_SECONDS)
        pid = self._server_pid()
        if pid is not None:
            for number, patience_seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
                if _wait_until(self._has_ended, patience_seconds):
                    break
        if self._postmaster is not None:
            _remove_socket_folder(self._postmaster.socket_folder, self._data)
        self._process = self._postmaster = None

    def _server_pid(self) -> int | None:
        """The server's process: our own, the adopted one, or the one that we took no note of yet."""
        if self._process is not None:
            return self._process.pid
        postmaster = self._postmaster or _running_on(self._data)
        return postmaster.pid if postmaster else None

    def _has_ended(self) -> bool:
        if self._process is not None and self._process.poll() is None:
            return False
        return self._server_lock.is_free() and _running_on(self._data) is None


def running_url(folder: Path) -> str | None:
    """The database that another process keeps running in that folder; None when there is none, or not yet."""
    postmaster = _running_on(folder.resolve() / "postgres")
    return _url(postmaster) if postmaster is not None and postmaster.is_ready else None


def _url(postmaster: Postmaster) -> str:
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(postmaster.socket_folder))}&port={PORT}"


def _running_on(data: Path) -> Postmaster | None:
    """The server that works on that very folder, and not on the one that it was copied from."""
    postmaster = read_postmaster(data)
    if postmaster is None or not _same_folder(postmaster.data, data):
        return None
    return postmaster if postmaster.is_alive() else None


def _forget_dead_server(data: Path) -> None:
    """Remove what a killed server left: PostgreSQL would take a reused process number for the server itself."""
    dead = read_postmaster(data)
    if dead is not None and _same_folder(dead.data, data):
        _remove_socket_folder(dead.socket_folder, data)
    (data / "postmaster.pid").unlink(missing_ok=True)


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FolderUnusableError(folder, error) from error


def _make_folder(folder: Path) -> None:
    """Create the folder, closed to others; as root, others may pass it but not list it."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _choose_socket_folder(folder: Path) -> Path:
    """A new folder that only the server and we may enter."""
    inside = folder / SOCKET_FOLDER
    shutil.rmtree(inside, ignore_errors=True)
    if _fits(inside):
        inside.mkdir(mode=0o700)
        return inside
    for place in dict.fromkeys((tempfile.gettempdir(), "/tmp")):  # noqa: S108 mkdtemp makes a private one in it
        if _fits(Path(place) / f"{SOCKET_FOLDER_PREFIX}12345678"):
            return Path(tempfile.mkdtemp(prefix=SOCKET_FOLDER_PREFIX, dir=place))
    raise NoSocketFolderError(folder)


def _fits(folder: Path) -> bool:
    path = str(socket_path(folder))
    return len(path) <= LONGEST_SOCKET_PATH and _PLAIN_PATH.fullmatch(path) is not None


def _remove_socket_folder(folder: Path, data: Path) -> None:
    """Remove a socket folder that a server named, if it has the name and the owner of one of ours."""
    named = folder.name == SOCKET_FOLDER or folder.name.startswith(SOCKET_FOLDER_PREFIX)
    if named and folder.is_dir() and folder.lstat().st_uid == data.stat().st_uid:
        shutil.rmtree(folder, ignore_errors=True)


def _same_folder(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


@contextlib.contextmanager
def _fresh_log(path: Path) -> Iterator[int]:
    """An empty log that only we may read, as it shows slow statements; the previous one is kept beside it."""
    if path.exists():
        path.replace(path.with_name(f"{path.name}.old"))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _last_words(log: Path) -> str:
    """The line of the log that says why the server ended, as a sentence."""
    lines = log.read_text(errors="replace").splitlines()
    fatal = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
    words = (fatal or lines or ["it said nothing"])[-1]
    return re.sub(r"^.*?(FATAL|PANIC): +", "", words).rstrip(".") + "."


def _wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
