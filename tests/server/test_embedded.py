"""The embedded PostgreSQL, with real processes: started, shared, killed, adopted, refused."""

import errno
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import asyncpg
import pytest

from server import postgres_programs
from server.embedded import (
    LONGEST_SOCKET_PATH,
    EmbeddedPostgres,
    FolderInUseError,
    FolderUnusableError,
    LeftoverRunningError,
    StartFailedError,
    running_url,
)
from server.file_lock import FileLock
from server.postgres_cluster import CreationFailedError, DamagedClusterError, VersionMismatchError
from server.postgres_programs import (
    Account,
    AccountUnusableError,
    Capability,
    ClosedFolderError,
    Installation,
    Launcher,
    ProgramsMissingError,
    choose_launcher,
    find_installation,
)
from server.postmaster import read_postmaster
from tests.patience import PATIENCE_SECONDS

IS_ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not IS_ROOT, reason="Only root runs PostgreSQL as another account.")

QUICK = {"fsync": "off"}
REPOSITORY = Path(__file__).parents[2]

HOLDER = """
import signal, sys, time
from pathlib import Path
from server.embedded import EmbeddedPostgres
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("ready to be ended", flush=True)
with EmbeddedPostgres(Path(sys.argv[1]), {"fsync": "off"}) as postgres:
    print(postgres.url, flush=True)
    time.sleep(60)
"""
"""A process that keeps a server running until it is ended."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for a cluster; whatever runs in it is ended with the test."""
    path = tmp_path / ".merkato"
    yield path
    postmaster = read_postmaster(path / "postgres") if path.is_dir() else None
    if postmaster is not None and postmaster.is_alive():
        os.kill(postmaster.pid, signal.SIGQUIT)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account may pass, unlike those of pytest."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


async def fetch(url: str, sql: str, *values: object) -> object:
    """The one value that a statement gives."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql, *values)
    finally:
        await connection.close()


def hold(
    folder: Path, python: str = sys.executable, paths: tuple[Path, ...] = (REPOSITORY,), uid: int | None = None
) -> subprocess.Popen[str]:
    """Start a process that starts a server."""
    return subprocess.Popen(
        [python, "-c", HOLDER, str(folder)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, paths))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        user=uid,
        group=uid,
        extra_groups=None if uid is None else [],
    )


def first_words(holder: subprocess.Popen[str]) -> str:
    """The address that a holder prints once its server runs."""
    assert holder.stdout is not None
    holder.stdout.readline()
    url = holder.stdout.readline().strip()
    assert url, holder.stderr.read() if holder.stderr else ""
    return url


def end(holder: subprocess.Popen[str], number: signal.Signals) -> None:
    """End a holder."""
    holder.send_signal(number)
    holder.communicate(timeout=PATIENCE_SECONDS)


def is_quiet(folder: Path) -> bool:
    """Whether no process of ours is left on the folder."""
    return FileLock(folder / "lock").is_free() and FileLock(folder / "server.lock").is_free()


def modes_above(*paths: Path) -> dict[Path, tuple[int, int, int]]:
    """Mode and owner of every folder above the paths."""
    parents = {parent for path in paths for parent in path.absolute().parents}
    return {path: (path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in parents}


def copy_installation(site: Path) -> Path:
    """A copy of the wheel's files, as a virtual environment of its own."""
    original = find_installation().folder
    copy = site / postgres_programs.WHEEL / original.name
    ignored = shutil.ignore_patterns("include", "*.a", "pg_dump*", "psql", "ecpg", "pgbench", "doc")
    shutil.copytree(original, copy, ignore=ignored, symlinks=True)
    (copy.parent / "__init__.py").touch()
    libraries = f"{postgres_programs.WHEEL}.libs"
    shutil.copytree(original.parent.with_name(libraries), site / libraries)
    return copy


async def test_server_has_its_database_and_utf8_and_no_network_address(folder: Path) -> None:
    with EmbeddedPostgres(folder, QUICK) as postgres:
        url = postgres.url
        assert await fetch(url, "SELECT current_database()") == "merkato"
        assert await fetch(url, "SELECT rolname FROM pg_roles WHERE rolsuper AND rolname = current_user") == "merkato"
        assert await fetch(url, "SHOW server_encoding") == "UTF8"
        assert await fetch(url, "SELECT datlocale FROM pg_database WHERE datname = 'merkato'") == "C.UTF-8"
        assert await fetch(url, "SELECT lower('ÄÖÉ')") == "äöé"
        assert await fetch(url, "SHOW listen_addresses") == ""
        assert await fetch(url, "SHOW fsync") == "off"
        assert await fetch(url, "SHOW shared_buffers") == "256MB"
        assert stat.S_IMODE((folder / "socket").stat().st_mode) == 0o700
    assert is_quiet(folder)


async def test_server_has_no_internet_socket(folder: Path) -> None:
    with EmbeddedPostgres(folder, QUICK):
        postmaster = read_postmaster(folder / "postgres")
        assert postmaster is not None
        try:
            links = open_files(postmaster.pid)
        except (PermissionError, FileNotFoundError):
            pytest.skip("The open files of another account cannot be listed here.")
        own = {link.removeprefix("socket:[").rstrip("]") for link in links if link.startswith("socket:")}
        tables = (Path("/proc/net") / name for name in ("tcp", "tcp6", "udp", "udp6"))
        lines = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()]
    assert own
    assert own.isdisjoint(line[9] for line in lines)


async def test_data_outlives_the_server(folder: Path) -> None:
    with EmbeddedPostgres(folder, QUICK) as postgres:
        await fetch(postgres.url, "CREATE TABLE kept AS SELECT 1 AS number")

    with EmbeddedPostgres(folder, QUICK) as postgres:
        assert await fetch(postgres.url, "SELECT number FROM kept") == 1


async def test_reset_deletes_the_data(folder: Path) -> None:
    with EmbeddedPostgres(folder, QUICK) as postgres:
        await fetch(postgres.url, "CREATE TABLE doomed AS SELECT 1 AS number")

    EmbeddedPostgres(folder).reset()

    assert not (folder / "postgres").exists()
    with EmbeddedPostgres(folder, QUICK) as postgres:
        assert await fetch(postgres.url, "SELECT to_regclass('doomed') IS NULL") is True


def test_reset_is_refused_while_the_server_runs(folder: Path) -> None:
    with EmbeddedPostgres(folder, QUICK), pytest.raises(FolderInUseError):
        EmbeddedPostgres(folder).reset()

    assert (folder / "postgres" / "PG_VERSION").exists()


async def test_second_process_is_told_who_uses_the_folder(folder: Path) -> None:
    holder = hold(folder)
    url = first_words(holder)

    with pytest.raises(FolderInUseError, match=f"in use by process {holder.pid}\\. Stop"):
        EmbeddedPostgres(folder).start()

    assert running_url(folder) == url
    assert await fetch(url, "SELECT 1") == 1
    end(holder, signal.SIGTERM)
    assert running_url(folder) is None
    assert is_quiet(folder)


async def test_server_of_a_killed_process_is_adopted_and_stopped(folder: Path) -> None:
    holder = hold(folder)
    url = first_words(holder)
    end(holder, signal.SIGKILL)
    before = read_postmaster(folder / "postgres")
    assert before is not None

    with EmbeddedPostgres(folder, QUICK) as postgres:
        assert postgres.url == url
        assert await fetch(url, "SELECT 1") == 1
        assert read_postmaster(folder / "postgres") == before

    assert not before.is_alive()
    assert is_quiet(folder)


def test_server_that_does_not_answer_is_not_adopted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = hold(folder)
    first_words(holder)
    end(holder, signal.SIGKILL)
    stuck = read_postmaster(folder / "postgres")
    assert stuck is not None
    os.kill(stuck.pid, signal.SIGSTOP)

    with monkeypatch.context() as impatient:
        impatient.setattr("server.embedded.LEFTOVER_SECONDS", 0.3)
        impatient.setattr("server.postmaster.CONNECT_TIMEOUT_SECONDS", 0.2)
        with pytest.raises(LeftoverRunningError, match=f"does not answer. End it with `kill -INT {stuck.pid}`"):
            EmbeddedPostgres(folder).start()

    os.kill(stuck.pid, signal.SIGCONT)
    with EmbeddedPostgres(folder) as postgres:
        assert read_postmaster(folder / "postgres") == stuck
        assert postgres.url == running_url(folder)


async def test_killed_server_is_started_again(folder: Path) -> None:
    holder = hold(folder)
    first_words(holder)
    before = read_postmaster(folder / "postgres")
    assert before is not None
    os.kill(before.pid, signal.SIGKILL)
    end(holder, signal.SIGKILL)
    assert (folder / "postgres" / "postmaster.pid").exists()

    with EmbeddedPostgres(folder, QUICK) as postgres:
        assert await fetch(postgres.url, "SELECT 1") == 1
        after = read_postmaster(folder / "postgres")
        assert after is not None
        assert after.pid != before.pid


def test_reused_process_number_is_not_taken_for_the_server(folder: Path) -> None:
    with EmbeddedPostgres(folder, QUICK):
        pid_file = folder / "postgres" / "postmaster.pid"
        own_pid, *rest = pid_file.read_text().splitlines()
        owner = pid_file.stat().st_uid
    stranger = subprocess.Popen(["sleep", "60"], user=owner if IS_ROOT else None)
    pid_file.write_text("\n".join([str(stranger.pid), *rest, ""]))

    with EmbeddedPostgres(folder, QUICK):
        assert pid_file.read_text().splitlines()[0] not in {own_pid, str(stranger.pid)}

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


async def test_copy_of_a_running_cluster_does_not_touch_the_original(folder: Path) -> None:
    with EmbeddedPostgres(folder, QUICK) as original:
        copy = folder.with_name("copy")
        copy.mkdir()
        shutil.copytree(folder / "postgres", copy / "postgres", copy_function=shutil.copy2)
        if IS_ROOT:
            give_to(copy / "postgres", (folder / "postgres").stat().st_uid)

        with EmbeddedPostgres(copy, QUICK) as postgres:
            assert postgres.url != original.url
            await fetch(postgres.url, "CREATE TABLE only_here ()")

        assert await fetch(original.url, "SELECT to_regclass('only_here') IS NULL") is True


@pytest.mark.parametrize("delay_seconds", [0.0, 0.1, 0.2, 0.3, 0.4])
def test_process_ended_while_it_starts_leaves_nothing_running(folder: Path, delay_seconds: float) -> None:
    holder = hold(folder)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "ready to be ended\n"
    time.sleep(delay_seconds)

    end(holder, signal.SIGTERM)

    assert holder.returncode == 0
    assert is_quiet(folder)


@pytest.mark.parametrize("delay_seconds", [0.05, 0.15, 0.3])
def test_process_killed_while_it_starts_is_no_obstacle(folder: Path, delay_seconds: float) -> None:
    holder = hold(folder)
    assert holder.stdout is not None
    holder.stdout.readline()
    time.sleep(delay_seconds)
    end(holder, signal.SIGKILL)

    with EmbeddedPostgres(folder, QUICK) as postgres:
        assert running_url(folder) == postgres.url

    assert not (folder / "postgres.new").exists()


def test_folder_that_a_child_of_a_killed_process_lets_go_of_is_taken(folder: Path) -> None:
    """Between fork and exec a child holds what its parent held. Here it does so for long."""
    folder.mkdir()
    killed = subprocess.Popen(["true"])
    killed.wait()
    lock = FileLock(folder / "lock")
    assert lock.acquire()
    lock.path.write_text(f"{killed.pid}\n")

    child = Timer(0.5, lock.release)
    child.start()
    with EmbeddedPostgres(folder, QUICK) as postgres:
        assert running_url(folder) == postgres.url
    child.join()


async def test_half_done_cluster_is_created_again(folder: Path) -> None:
    (folder / "postgres.new" / "base").mkdir(parents=True)
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")

    with EmbeddedPostgres(folder, QUICK) as postgres:
        assert await fetch(postgres.url, "SELECT current_database()") == "merkato"

    assert not (folder / "postgres.new").exists()


def test_data_of_another_version_is_refused_and_kept(folder: Path) -> None:
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres" / "PG_VERSION").write_text("16\n")

    with pytest.raises(VersionMismatchError, match=r"written by PostgreSQL 16, and Merkato brings PostgreSQL 18\."):
        EmbeddedPostgres(folder).start()

    assert (folder / "postgres" / "PG_VERSION").read_text() == "16\n"
    assert is_quiet(folder)


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_folder_that_is_no_cluster_is_refused_and_can_be_reset(folder: Path, content: str | None) -> None:
    (folder / "postgres" / "base").mkdir(parents=True)
    if content is not None:
        (folder / "postgres" / "PG_VERSION").write_text(content)

    with pytest.raises(DamagedClusterError, match="not a PostgreSQL data folder"):
        EmbeddedPostgres(folder).start()

    EmbeddedPostgres(folder).reset()
    with EmbeddedPostgres(folder, QUICK) as postgres:
        assert postgres.url


def test_wrong_server_setting_is_told_in_the_words_of_the_log(folder: Path) -> None:
    with pytest.raises(StartFailedError, match='unrecognized configuration parameter "colour"'):
        EmbeddedPostgres(folder, QUICK | {"colour": "blue"}).start()

    assert is_quiet(folder)


def test_failure_of_initdb_is_told_in_its_words(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.postgres_cluster.SUPERUSER", "pg_reserved")

    with pytest.raises(CreationFailedError, match='superuser name "pg_reserved" is disallowed'):
        EmbeddedPostgres(folder, QUICK).start()

    assert not (folder / "postgres").exists()
    assert is_quiet(folder)


def test_missing_wheel_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_programs, "WHEEL", "no_such_package")

    with pytest.raises(ProgramsMissingError, match="Run `uv sync`, or set DATABASE_URL"):
        EmbeddedPostgres(folder).start()

    assert is_quiet(folder)


def test_file_in_place_of_the_folder_is_told(folder: Path) -> None:
    folder.touch()

    with pytest.raises(FolderUnusableError, match=r"cannot be kept in .*: Not a directory"):
        EmbeddedPostgres(folder).start()


def test_full_disk_is_told() -> None:
    error = FolderUnusableError(Path("/data"), OSError(errno.ENOSPC, "No space left on device", "/data/lock"))

    assert str(error) == (
        "The database cannot be kept in /data: No space left on device (/data/lock). "
        "Free some space, or set DATA_DIRECTORY to another folder."
    )


def test_folder_of_somebody_else_is_told(open_folder: Path) -> None:
    folder = open_folder / ".merkato"
    folder.mkdir(mode=0o500)

    with as_ordinary_user(), pytest.raises(FolderUnusableError, match=r"Permission denied .* Check who owns it"):
        EmbeddedPostgres(folder).start()


@pytest.mark.parametrize("name", ["x" * 120, "two words, 'quoted'", "ፒያሳ"])
async def test_folder_whose_name_suits_no_socket_has_its_socket_elsewhere(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name

    with EmbeddedPostgres(folder, QUICK) as postgres:
        postmaster = read_postmaster(folder / "postgres")
        assert postmaster is not None
        place = postmaster.socket_folder
        assert len(os.fsencode(postmaster.socket)) <= LONGEST_SOCKET_PATH
        assert not place.is_relative_to(folder)
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert place.stat().st_uid == (folder / "postgres").stat().st_uid
        assert await fetch(postgres.url, "SELECT 1") == 1

    assert not place.exists()


async def test_socket_elsewhere_is_adopted_and_removed_after_a_kill(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    holder = hold(folder)
    url = first_words(holder)
    postmaster = read_postmaster(folder / "postgres")
    assert postmaster is not None
    end(holder, signal.SIGKILL)

    with EmbeddedPostgres(folder, QUICK) as postgres:
        assert postgres.url == url

    assert not postmaster.socket_folder.exists()


def test_log_and_cluster_are_closed_to_others(folder: Path) -> None:
    with EmbeddedPostgres(folder, QUICK):
        pass

    assert stat.S_IMODE((folder / "postgres").stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "postgres.log").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) & 0o066 == 0


async def test_slow_statements_are_logged_without_their_values(folder: Path) -> None:
    """Tokens, e-mail addresses and hashes of passwords are among them."""
    with EmbeddedPostgres(folder, QUICK | {"log_min_duration_statement": "0"}) as postgres:
        assert await fetch(postgres.url, "SELECT length($1::text)", "a-token-of-a-letter") == len("a-token-of-a-letter")

    log = (folder / "postgres.log").read_text()
    assert "SELECT length($1::text)" in log
    assert "a-token-of-a-letter" not in log


async def test_variables_of_other_postgres_clients_change_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGPORT": "6543", "PGDATA": "/nowhere", "PGUSER": "x", "PGDATABASE": "x"}.items():
        monkeypatch.setenv(name, value)

    with EmbeddedPostgres(folder, QUICK) as postgres:
        assert await fetch(postgres.url, "SELECT current_user || '@' || current_database()") == "merkato@merkato"


@as_root
async def test_root_in_closed_folders_changes_no_permissions(open_folder: Path) -> None:
    home = open_folder / "home"
    project = home / "project"
    site = project / ".venv" / "site-packages"
    site.mkdir(parents=True)
    installation = copy_installation(site)
    home.chmod(0o700)
    project.chmod(0o700)
    folder = project / ".merkato"
    watched = (folder / "postgres" / "x", installation / "bin" / "postgres", find_installation().program("postgres"))
    before = modes_above(project / "x", *watched[1:])
    tree_before = {path: path.lstat().st_mode for path in site.rglob("*")}

    holder = hold(folder, paths=(site, REPOSITORY))
    url = first_words(holder)
    assert await fetch(url, "SELECT sum(n) FROM generate_series(1, 3) n") == 6
    assert str(installation) in str(await fetch(url, "SELECT setting FROM pg_config WHERE name = 'BINDIR'"))
    end(holder, signal.SIGTERM)

    assert holder.returncode == 0
    assert is_quiet(folder)
    assert modes_above(project / "x", *watched[1:]) == before
    assert {path: path.lstat().st_mode for path in site.rglob("*")} == tree_before
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@as_root
async def test_root_whose_files_are_closed_to_all_others_still_starts(open_folder: Path) -> None:
    site = open_folder / "site-packages"
    installation = copy_installation(site)
    for path in [site, *site.rglob("*")]:
        path.chmod(path.lstat().st_mode & 0o700, follow_symlinks=path.is_symlink() is False)

    holder = hold(open_folder / ".merkato", paths=(site, REPOSITORY))
    url = first_words(holder)
    assert str(installation) in str(await fetch(url, "SELECT setting FROM pg_config WHERE name = 'BINDIR'"))
    end(holder, signal.SIGTERM)

    assert stat.S_IMODE((installation / "bin" / "postgres").stat().st_mode) == 0o700


@as_root
def test_root_gives_no_capability_where_every_folder_is_open(open_folder: Path) -> None:
    installation = Installation(copy_installation(open_folder / "site-packages"))

    launcher = choose_launcher(installation, open_folder / "postgres", open_folder / "socket")

    assert launcher == Launcher(account_of("nobody"), None)


@as_root
@pytest.mark.parametrize("granted", [{Capability.DAC_READ_SEARCH, Capability.DAC_OVERRIDE}, {Capability.DAC_OVERRIDE}])
def test_root_gives_the_least_capability_that_passes_a_closed_folder(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch, granted: set[Capability]
) -> None:
    monkeypatch.setattr(postgres_programs, "_grantable_capabilities", lambda: sum(1 << one for one in granted))
    installation = Installation(copy_installation(open_folder / "site-packages"))
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)

    launcher = choose_launcher(installation, closed / "postgres", open_folder / "socket")

    assert launcher == Launcher(account_of("nobody"), max(granted))


@as_root
def test_root_without_capabilities_is_told_what_to_do(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installation = Installation(copy_installation(open_folder / "site-packages"))
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(postgres_programs, "_grantable_capabilities", lambda: 0)

    with pytest.raises(ClosedFolderError, match=f"no access to {closed}. Move the project to a folder that others"):
        choose_launcher(installation, closed / "postgres", open_folder / "socket")


@as_root
def test_root_without_setpriv_is_told_what_to_do(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installation = Installation(copy_installation(open_folder / "site-packages"))
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("PATH", str(open_folder))

    with pytest.raises(ClosedFolderError, match="Install util-linux, whose setpriv Merkato needs"):
        choose_launcher(installation, closed / "postgres", open_folder / "socket")


@as_root
def test_root_that_may_not_act_for_others_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, uid: int, gid: int) -> None:
        raise PermissionError(errno.EPERM, f"Operation not permitted to {uid}:{gid}", path)

    monkeypatch.setattr("os.chown", refuse)

    with pytest.raises(AccountUnusableError, match=r"root may not act for the account \d+ here: Operation not perm"):
        EmbeddedPostgres(folder, QUICK).start()

    assert is_quiet(folder)


@as_root
async def test_root_continues_the_cluster_of_an_ordinary_user_as_that_user(folder: Path) -> None:
    with EmbeddedPostgres(folder, QUICK):
        pass
    daemon = pwd.getpwnam("daemon").pw_uid
    give_to(folder / "postgres", daemon)

    with EmbeddedPostgres(folder, QUICK) as postgres:
        assert await fetch(postgres.url, "SELECT 1") == 1
        assert (folder / "socket").stat().st_uid == daemon

    assert (folder / "postgres").stat().st_uid == daemon


@as_root
async def test_ordinary_user_has_a_server_of_their_own(open_folder: Path) -> None:
    python = python_for_everybody()
    site = open_folder / "site-packages"
    copy_installation(site)
    shutil.copytree(REPOSITORY / "server", site / "server")
    home = open_folder / "home"
    home.mkdir()
    user = pwd.getpwnam("daemon").pw_uid
    os.chown(home, user, user)

    holder = hold(home / ".merkato", python, (site,), uid=user)
    url = first_words(holder)
    assert await fetch(url, "SELECT 1") == 1
    assert (home / ".merkato").stat().st_uid == user
    assert (home / ".merkato" / "postgres").stat().st_uid == user
    assert stat.S_IMODE((home / ".merkato").stat().st_mode) == 0o700
    end(holder, signal.SIGTERM)

    assert holder.returncode == 0
    assert is_quiet(home / ".merkato")


def open_files(pid: int) -> list[str]:
    """What the descriptors of a process lead to."""
    return [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Run the block as somebody to whom something can be forbidden."""
    if not IS_ROOT:
        yield
        return
    os.seteuid(account_of("nobody").uid)
    try:
        yield
    finally:
        os.seteuid(0)


def account_of(name: str) -> Account:
    """An account by its name."""
    entry = pwd.getpwnam(name)
    return Account(entry.pw_uid, entry.pw_gid)


def give_to(folder: Path, uid: int) -> None:
    """Change the owner of a folder and of all in it."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, uid, uid, follow_symlinks=False)


def python_for_everybody() -> str:
    """A Python that every account may run."""
    for candidate in (sys.executable, shutil.which("python3", path="/usr/local/bin:/usr/bin")):
        real = Path(candidate or "/nowhere").resolve()
        if real.exists() and all(parent.stat().st_mode & 0o001 for parent in real.parents):
            version = [str(real), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
            if subprocess.run(version, check=False).returncode == 0:
                return str(real)
    pytest.skip("Every Python here is closed to other accounts.")
