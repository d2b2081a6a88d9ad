"""The command line: what its commands do, what they refuse and in which words, and that they leave nothing running."""

import asyncio
import contextlib
import inspect
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest
import typer

from auth.visibility import PUBLIC_TABLES
from domain.mail_jobs import MailTemplate
from integrations.letters import LetterWriter
from integrations.mail import address_letter, parse_sender
from integrations.mailbox import Mailbox
from server import cli
from server.cli import COMMANDS
from server.commands.imports import EXIT_SOME_REFUSED
from server.commands.seed import parse_scale
from server.embedded import running_url
from server.file_lock import FileLock
from server.postmaster import read_postmaster
from server.settings import Settings
from tests.commands import MERKATO, Outcome, run_command
from tests.databases import address
from tests.loopback import NO_AUTHORITIES
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port

LOADED = """
import sys
from server import cli
try:
    cli.main()
except SystemExit:
    print([name for name in ("sqlalchemy", "strawberry", "pydantic", "alembic") if name in sys.modules])
"""
STRONG = "Vq3x8nR1tZ0bK7mYw5dHc9GfJs2LpEaU"
OTHER_STRONG = "k9Wm2TzQ4vXb7NcR1yHf6JdLs8GpEa3U"
SEALING = "2026:dGhpcnR5LXR3byBieXRlcyBvZiBhIHRlc3Qga2V5ISE="
PRODUCTION = {
    "APP_ENV": "production",
    "SECRET_KEY": STRONG,
    "JWT_SECRET_KEY": OTHER_STRONG,
    "ENCRYPTION_KEYS": SEALING,
    "FRONTEND_URL": "https://shop.example",
    "MAIL_FROM": "post@shop.example",
    "SMTP_HOST": "localhost",
}


Run = Callable[..., Outcome]


@pytest.fixture(autouse=True, scope="module")
def interruptible() -> Iterator[None]:
    """A shell lets what it runs in the background ignore Ctrl-C, `nohup` a terminal that is closed.

    So would every command started from there.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler), signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, before[0])
    signal.signal(signal.SIGHUP, before[1])


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and no setting from outside."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.fixture
def merkato(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process."""

    def run(*arguments: str, **variables: str) -> Outcome:
        return run_command(monkeypatch, capfd, *arguments, **variables)

    return run


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    return free_port()


class Process:
    """A command that runs beside the test, with all it says."""

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        self.log = folder / f"{'-'.join(arguments[:1])}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [MERKATO, *arguments],
                cwd=folder,
                env=os.environ | variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        """What it has said so far."""
        return self.log.read_text()

    def wait_for(self, words: str) -> None:
        """Wait until it says that."""
        wait_until(lambda: words in self.said or self.process.poll() is not None)
        assert words in self.said, self.said

    def end(self, number: signal.Signals) -> int:
        """Send a signal as a terminal would, to the process and its children; gives the exit code."""
        os.killpg(self.process.pid, number)
        return self.process.wait(PATIENCE_SECONDS)


@pytest.fixture
def start(workplace: Path) -> Iterator[Callable[..., Process]]:
    """Starts commands beside the test; whatever is left of them is ended with it."""
    started: list[Process] = []

    def run(*arguments: str, **variables: str) -> Process:
        started.append(Process(workplace, *arguments, **variables))
        return started[-1]

    yield run
    for one in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(one.process.pid, signal.SIGKILL)
        one.process.wait()
    left = read_postmaster(workplace / ".merkato" / "postgres")
    if left is not None and left.is_alive():
        os.kill(left.pid, signal.SIGQUIT)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, within reason."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"It did not come within {PATIENCE_SECONDS} s."
        time.sleep(0.05)


def is_quiet(workplace: Path) -> bool:
    """Whether nothing is left running on the embedded database."""
    folder = workplace / ".merkato"
    return FileLock(folder / "lock").is_free() and FileLock(folder / "server.lock").is_free()


def ask(port: int, query: str = "{ products(first: 1) { totalCount } }") -> object:
    """The data that a query gives."""
    answer = httpx.post(
        f"http://127.0.0.1:{port}/graphql", json={"query": query}, verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS
    )
    return answer.json().get("data")


async def fetch(url: str, sql: str) -> object:
    """The one value that a statement gives."""
    connection: asyncpg.Connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def run_sql(url: str, sql: str) -> object:
    """The one value that a statement gives, for tests that are no coroutines."""
    return asyncio.run(fetch(url, sql))


def test_help_names_every_command(merkato: Run) -> None:
    outcome = merkato("--help")

    assert outcome.code == 0
    for command in COMMANDS:
        assert re.search(rf"^│ {command} ", outcome.out, re.MULTILINE), command


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_summed_up_as_it_says_itself(command: str) -> None:
    said = inspect.cleandoc(cli.load(command).help or "").partition("\n\n")[0]
    assert " ".join(said.split()) == COMMANDS[command].summary


def test_help_imports_no_command() -> None:
    answer = subprocess.run([sys.executable, "-c", LOADED, "--help"], capture_output=True, text=True, check=True)
    assert answer.stdout.endswith("\n[]\n")


@pytest.mark.parametrize(("text", "number"), [("2500", 2500), ("100k", 100_000), ("1M", 1_000_000), ("10m", 10**7)])
def test_scale_is_read(text: str, number: int) -> None:
    assert parse_scale(text) == number


@pytest.mark.parametrize("text", ["", "0", "k", "-1", "1.5k", "11m", "100x", "9" * 30])
def test_impossible_scale_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_scale(text)


def test_check_env_shows_every_setting(merkato: Run) -> None:
    outcome = merkato("check-env")

    assert outcome.code == 0
    assert all(name.upper() in outcome.out for name in Settings.model_fields)
    assert outcome.err == ""


def test_check_env_fails_when_a_setting_is_wrong(merkato: Run) -> None:
    outcome = merkato("check-env", PORT="80", WORKERS="many")

    assert outcome.code == 1
    assert "PORT must be greater than or equal to 1024." in outcome.out
    assert outcome.err == "2 of the settings are wrong.\n"


def test_schema_is_printed_written_and_compared(merkato: Run, workplace: Path) -> None:
    printed = merkato("schema")
    written = merkato("schema", "--output", "shop.graphql")
    same = merkato("schema", "--check", "--output", "shop.graphql")
    (workplace / "shop.graphql").write_text("type Query { nothing: Int }\n")
    other = merkato("schema", "--check", "--output", "shop.graphql")

    assert "type Query {" in printed.out
    assert (written.code, same.code, other.code) == (0, 0, 1)
    assert other.err == "shop.graphql is not what the code says. Run `merkato schema --output shop.graphql`.\n"


def test_trusted_documents_are_printed_written_and_compared(merkato: Run, workplace: Path) -> None:
    printed = merkato("documents")
    written = merkato("documents", "--output", "shop.json")
    same = merkato("documents", "--check", "--output", "shop.json")
    (workplace / "shop.json").write_text("{}\n")
    other = merkato("documents", "--check", "--output", "shop.json")

    assert re.fullmatch(r"sha256:[0-9a-f]{64}", next(iter(json.loads(printed.out))))
    assert (written.code, same.code, other.code) == (0, 0, 1)
    assert other.err == "shop.json is not what the code says. Run `merkato documents --output shop.json`.\n"


@pytest.mark.parametrize("command", ["dev", "serve"])
def test_unusable_trusted_documents_are_told_before_anything_starts(
    merkato: Run, workplace: Path, command: str
) -> None:
    (workplace / "manifest.json").write_text('{"a": "{ nothing }"}')

    outcome = merkato(
        command,
        TRUSTED_DOCUMENTS_FILE="manifest.json",
        DATABASE_URL="postgres://shop:hidden@127.0.0.1:1/shop",
        SECRET_KEY=STRONG,
        JWT_SECRET_KEY=OTHER_STRONG,
        ENCRYPTION_KEYS=SEALING,
    )

    assert outcome.code == 1
    assert outcome.err == (
        "The trusted document a ({ nothing }…) does not fit the schema: Cannot query field 'nothing' on type 'Query'.\n"
    )


def test_schema_that_cannot_be_written_is_told(merkato: Run) -> None:
    outcome = merkato("schema", "--output", "nowhere/shop.graphql")

    assert (outcome.code, outcome.err) == (1, "nowhere/shop.graphql cannot be written: No such file or directory.\n")


@pytest.mark.parametrize("command", [["dev"], ["migrate"], ["seed"], ["import", "shopify", "x.csv"]])
def test_wrong_settings_are_told_before_anything_starts(merkato: Run, workplace: Path, command: list[str]) -> None:
    outcome = merkato(*command, PORT="80")

    assert outcome.code == 1
    assert outcome.err == "PORT must be greater than or equal to 1024. See `merkato check-env`.\n"
    assert not (workplace / ".merkato").exists()


@pytest.mark.parametrize("command", [["dev"], ["migrate"], ["seed"], ["import", "shopify", "x.csv"]])
def test_unreachable_database_is_told(merkato: Run, command: list[str]) -> None:
    outcome = merkato(*command, DATABASE_URL="postgres://shop:hidden@127.0.0.1:1/shop")

    assert outcome.code == 1
    assert "The database 127.0.0.1:1/shop cannot be reached: " in outcome.err
    assert "hidden" not in outcome.err
    assert "Traceback" not in outcome.err


def test_port_in_use_is_told_before_anything_starts(merkato: Run, workplace: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        outcome = merkato("dev", "--port", str(port))

    assert outcome.code == 1
    assert outcome.err == (
        f"Port {port} on 127.0.0.1 is in use by another program. "
        "Stop that program, or choose another port with --port.\n"
    )
    assert not (workplace / ".merkato").exists()


def test_address_of_another_machine_is_told(merkato: Run) -> None:
    outcome = merkato("dev", "--host", "192.0.2.1")

    assert outcome.code == 1
    assert outcome.err.startswith("Nothing can listen on 192.0.2.1, port 8000: ")


def test_dev_is_refused_outside_development(merkato: Run) -> None:
    outcome = merkato("dev", DATABASE_URL="postgres://a@b/c", **PRODUCTION)

    assert outcome.code == 1
    assert outcome.err.startswith("`merkato dev` is for development, and APP_ENV is production.")


def test_data_of_another_postgres_version_is_told(merkato: Run, workplace: Path) -> None:
    cluster = workplace / ".merkato" / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("15\n")

    outcome = merkato("migrate")

    assert outcome.code == 1
    assert "was written by PostgreSQL 15, and Merkato brings PostgreSQL 18" in outcome.err


def test_reset_of_somebodys_database_must_be_confirmed(merkato: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)

    outcome = merkato("dev", "--reset", DATABASE_URL="postgres://shop:hidden@127.0.0.1:1/shop")

    assert (outcome.code, outcome.err) == (
        1,
        "--reset deletes everything in the database 127.0.0.1:1/shop. Repeat the command with --yes.\n",
    )


def test_migrate_brings_the_embedded_database_up_to_date_and_stops_it(merkato: Run, workplace: Path) -> None:
    first, second = merkato("migrate"), merkato("migrate")
    back = merkato("migrate", "--to", "base")

    assert re.fullmatch(r"Migrated from revision none to \w+\.\n", first.out)
    assert re.fullmatch(r"The database is at revision \w+ already\.\n", second.out)
    assert (back.code, "Repeat" in back.err or "repeat" in back.err) == (1, True)
    assert is_quiet(workplace)


def test_migrate_check_finds_no_difference(merkato: Run, workplace: Path) -> None:
    outcome = merkato("migrate", "--check")

    assert (outcome.code, outcome.err) == (0, "")
    assert not (workplace / ".merkato").exists()


@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_half_migrated_database_is_told(merkato: Run, database_url: str, port: int, command: str) -> None:
    run_sql(database_url, "UPDATE alembic_version SET version_num = 'future'")

    outcome = merkato(
        command,
        DATABASE_URL=database_url,
        PORT=str(port),
        SECRET_KEY=STRONG,
        JWT_SECRET_KEY=OTHER_STRONG,
        ENCRYPTION_KEYS=SEALING,
    )

    assert outcome.code == 1
    assert "at revision future, which this version of Merkato does not know" in outcome.err
    assert "Traceback" not in outcome.err


def test_every_refused_product_is_listed_with_its_line_and_reason(merkato: Run, workplace: Path) -> None:
    good = ["good,Good,Default Title,10.00"]
    bad = [f"bad-{number},Bad,Default Title,-1.00" for number in range(60)]
    header = "Handle,Title,Option1 Value,Variant Price"
    (workplace / "export.csv").write_text("\n".join([header, *good, *bad, ""]))

    outcome = merkato("import", "shopify", "export.csv")

    assert outcome.code == EXIT_SOME_REFUSED
    assert re.search(r"created +│ 1 ", outcome.out)
    assert re.search(r"refused +│ 60 ", outcome.out)
    assert [int(line) for line in re.findall(r"^Line (\d+), bad-\d+: ", outcome.out, re.MULTILINE)] == list(
        range(3, 63)
    )


def test_file_that_is_no_export_is_told(merkato: Run, workplace: Path) -> None:
    (workplace / "other.csv").write_text("Name,Colour\nx,y\n")

    outcome = merkato("import", "shopify", "other.csv")

    assert outcome.code == 1
    assert outcome.err.startswith("other.csv is not a Shopify product export: ")
    assert "Traceback" not in outcome.err


def test_serve_refuses_what_only_development_may_do_without(merkato: Run) -> None:
    outcome = merkato("serve", SECRET_KEY="abc" * 20)

    assert outcome.code == 1
    assert outcome.err == (
        "SECRET_KEY repeats the same characters and can be guessed. JWT_SECRET_KEY is missing. "
        "ENCRYPTION_KEYS has a key that can be guessed. "
        "DATABASE_URL is required: the embedded PostgreSQL serves `merkato dev` only. See `merkato check-env`.\n"
    )


def test_serve_refuses_a_database_that_is_not_migrated(merkato: Run, postgres: str, port: int) -> None:
    outcome = merkato(
        "serve",
        "--port",
        str(port),
        DATABASE_URL=address(postgres, "template1"),
        SECRET_KEY=STRONG,
        JWT_SECRET_KEY=OTHER_STRONG,
        ENCRYPTION_KEYS=SEALING,
    )

    assert outcome.code == 1
    assert outcome.err.startswith("The database is at revision none and this version of Merkato needs ")
    assert "Run `merkato migrate` first." in outcome.err


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve_serves_and_ends(start: Callable[..., Process], demo_url: str, port: int, workers: str) -> None:
    process = start("serve", "--port", str(port), "--workers", workers, DATABASE_URL=demo_url, **PRODUCTION)
    wait_until(lambda: is_healthy(port) or process.process.poll() is not None)

    assert is_healthy(port), process.said
    assert ask(port, "{ __schema { queryType { name } } }") is None
    process.process.terminate()
    assert process.process.wait(PATIENCE_SECONDS) == 0
    assert not is_healthy(port)


def test_dev_serves_the_demo_shop_refuses_a_second_and_ends_with_ctrl_c(
    start: Callable[..., Process], merkato: Run, workplace: Path, port: int
) -> None:
    process = start("dev", "--port", str(port))
    process.wait_for("Merkato is running")

    assert f"http://127.0.0.1:{port}/graphql" in process.said
    assert is_healthy(port)
    products = ask(port)
    assert products != {"products": {"totalCount": 0}}
    second = merkato("dev", "--port", "1024")
    assert second.code == 1
    assert f"is in use by process {process.process.pid}." in second.err
    assert merkato("migrate").code == 0
    assert is_healthy(port)
    assert process.end(signal.SIGINT) == 0
    assert process.said.endswith("Stopped.\n")
    assert is_quiet(workplace)

    again = start("dev", "--port", str(port))
    again.wait_for("Merkato is running")
    assert ask(port) == products
    assert again.end(signal.SIGTERM) == 0
    assert is_quiet(workplace)


def test_dev_adopts_what_a_killed_one_left(start: Callable[..., Process], workplace: Path, port: int) -> None:
    killed = start("dev", "--port", str(port), "--no-demo", "--reload")
    killed.wait_for("Merkato is running")
    killed.process.kill()
    killed.process.wait()
    wait_until(lambda: not is_healthy(port))
    left = running_url(workplace / ".merkato")
    assert left is not None

    process = start("dev", "--port", str(port), "--no-demo")
    process.wait_for("Merkato is running")

    assert running_url(workplace / ".merkato") == left
    assert ask(port) == {"products": {"totalCount": 0}}
    assert process.end(signal.SIGHUP) == 0
    assert is_quiet(workplace)


@pytest.mark.parametrize("delay_seconds", [0.8, 1.3, 1.8])
def test_dev_ended_while_it_starts_leaves_nothing_running(
    start: Callable[..., Process], workplace: Path, port: int, delay_seconds: float
) -> None:
    process = start("dev", "--port", str(port))
    time.sleep(delay_seconds)
    os.kill(process.process.pid, signal.SIGTERM)

    assert process.process.wait(PATIENCE_SECONDS) in {0, 128 + signal.SIGTERM, -signal.SIGTERM}
    assert "Traceback" not in process.said
    assert is_quiet(workplace)


def test_dev_reloads_and_ends_with_all_its_processes(start: Callable[..., Process], workplace: Path, port: int) -> None:
    process = start("dev", "--port", str(port), "--no-demo", "--reload")
    process.wait_for("Merkato is running")
    assert is_healthy(port)

    touched = Path(cli.__file__)
    os.utime(touched)
    process.wait_for("Reloading")
    wait_until(lambda: is_healthy(port))

    assert is_healthy(port)
    assert process.said.count("Merkato is running") == 1
    assert process.end(signal.SIGINT) == 0
    assert not is_healthy(port)
    assert is_quiet(workplace)


async def test_dev_reset_empties_the_database_it_was_given(
    start: Callable[..., Process], database_url: str, port: int
) -> None:
    await fetch(database_url, "CREATE TABLE doomed ()")

    process = start("dev", "--port", str(port), "--reset", "--yes", "--no-demo", DATABASE_URL=database_url)
    process.wait_for("Merkato is running")

    assert await fetch(database_url, "SELECT to_regclass('doomed') IS NULL") is True
    assert process.end(signal.SIGINT) == 0


def is_healthy(port: int) -> bool:
    """Whether the server answers and reaches its database."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", verify=NO_AUTHORITIES, timeout=PATIENCE_SECONDS).is_success
    except httpx.TransportError:
        return False


def test_cache_is_cleared_of_all_that_visitors_read(merkato: Run, database_url: str) -> None:
    outcome = merkato("clear-cache", DATABASE_URL=database_url)
    assert (outcome.code, outcome.out) == (0, f"All servers read {len(PUBLIC_TABLES)} tables anew.\n")


def test_dead_letters_are_listed_without_secrets_and_replayed(merkato: Run, database_url: str) -> None:
    assert merkato("jobs", "dead", DATABASE_URL=database_url).out == "There are no dead letters.\n"
    payload = json.dumps({"to": "a@b.example", "values": {"token": "hush", "name": "Selam"}})
    letters = [f"01a1fe9a-3960-75ee-934a-4177c6fbc95{number}" for number in range(4)]
    for letter in letters:
        values = f"'{letter}', 'send_mail', '{payload}', 12, 'SMTPDataError: [busy]', now(), now()"
        run_sql(database_url, f"INSERT INTO dead_letters VALUES ({values})")

    listed = merkato("jobs", "dead")
    one = merkato("jobs", "replay", letters[0])
    again = merkato("jobs", "replay", letters[0])
    dropped = merkato("jobs", "drop", letters[1])
    others = merkato("jobs", "replay", "--all")

    assert all(letter in listed.out for letter in letters)
    assert "SMTPDataError: [busy]" in listed.out
    assert "hush" not in listed.out
    assert (one.code, one.out) == (0, "Enqueued 1 job again.\n")
    assert (again.code, again.err) == (
        1,
        f"There is no dead letter {letters[0]}. It may have been replayed or dropped already.\n",
    )
    assert dropped.out == "Dropped 1 job.\n"
    assert others.out == "Enqueued 2 jobs again.\n"
    assert merkato("jobs", "drop", "--all").out == "Dropped 0 jobs.\n"
    assert merkato("jobs", "replay").code == 2
    assert merkato("jobs", "replay", letters[1], "--all").code == 2
    assert run_sql(database_url, "SELECT count(*) FROM pgqueuer") == 3


def test_worker_stops_when_it_is_asked_to(start: Callable[..., Process], merkato: Run, database_url: str) -> None:
    process = start("worker", DATABASE_URL=database_url)
    process.wait_for("The worker is running.")

    assert process.end(signal.SIGTERM) == 0
    assert process.said.endswith("Stopped.\n")

    run_sql(database_url, "DELETE FROM alembic_version")
    outdated = merkato("worker", DATABASE_URL=database_url)
    assert outdated.code == 1
    assert outdated.err.endswith("Run `merkato migrate` first.\n")


def test_mailbox_lists_letters_and_shows_one(merkato: Run, workplace: Path) -> None:
    assert merkato("mailbox").out == "There are no letters in .merkato/mailbox.\n"
    writer, sender = LetterWriter("Selam's Shop", "https://shop.example"), parse_sender("post@shop.example")
    for number in (1, 2):
        token = f"{number}" * 90
        letter = writer.write(MailTemplate.RESET_PASSWORD, {"name": "[red]Selam", "token": token, "minutes": 60})
        message = address_letter(letter, sender, f"{number}@example.com", UUID(int=number))
        asyncio.run(Mailbox(workplace / ".merkato" / "mailbox").send(message))

    listed = merkato("mailbox").out
    newest, older, missing = (
        merkato("mailbox", "show"),
        merkato("mailbox", "show", "2"),
        merkato("mailbox", "show", "3"),
    )

    assert listed.index("2@example.com") < listed.index("1@example.com")
    assert "Hello [red]Selam,\n" in newest.out
    assert f"\nhttps://shop.example/reset-password?token={'2' * 90}\n" in newest.out
    assert f"\nhttps://shop.example/reset-password?token={'1' * 90}\n" in older.out
    assert (missing.code, missing.err) == (1, "There is no letter 3. The mailbox holds 2.\n")


def test_administrator_is_made_once_with_a_password_to_change(merkato: Run, database_url: str) -> None:
    outcome = merkato("create-admin", "Boss@example.com", DATABASE_URL=database_url)
    again = merkato("create-admin", "boss@example.com", DATABASE_URL=database_url)

    assert (outcome.code, outcome.err) == (0, "")
    assert re.search(r"^[A-Za-z0-9_-]{24}$", outcome.out, re.MULTILINE)
    assert (again.code, again.err) == (1, "There is an account with the address boss@example.com already.\n")
    stored = "role = 'ADMIN' AND must_change_password AND is_email_verified AND password_hash LIKE '$argon2id$%'"
    run_sql(database_url, f"DO $$ BEGIN ASSERT (SELECT {stored} FROM users WHERE email = 'boss@example.com'); END $$")
