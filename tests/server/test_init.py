"""`merkato init`: what it asks, what it leaves, that it works once, and that what fails leaves nothing."""

import asyncio
import getpass
import re
import signal
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.administrators import Administrator
from auth.passwords import Passwords
from models import Role, SocialProvider, User
from server.env_file import ENV_FILE
from server.identity_providers import build_identity_providers
from server.init_answers import with_secrets
from server.initialising import AlreadyInitialisedError, Initialised, set_up
from server.settings import Settings, load_settings
from tests.commands import Outcome, run_command
from tests.databases import opened
from tests.factories import writing
from tests.statements import count_rows

HUSH = 'it\'s ${HOME} \\ "quite" #1 $secret'
SCRIPT = (
    *("init", "--yes", "--admin-email", "Boss@Shop.example"),
    *("--set", "FRONTEND_URL=https://shop.example", "--set", "MAIL_FROM=Selam's Shop <post@shop.example>"),
    *("--set", "smtp_host=smtp.shop.example", "--set", "SMTP_USERNAME=post", "--set", f"SMTP_PASSWORD={HUSH}"),
)


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and no setting from outside."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return tmp_path


class Run:
    """Runs commands in this process, with what somebody types."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capfd = monkeypatch, capfd

    def __call__(self, *arguments: str, typed: str | None = None) -> Outcome:
        """What the command leaves."""
        if typed is not None:
            terminal = Terminal(typed)
            self._monkeypatch.setattr(sys, "stdin", terminal)
            self._monkeypatch.setattr(getpass, "getpass", lambda _prompt: terminal.readline().rstrip("\n"))
        return run_command(self._monkeypatch, self._capfd, *arguments)


class Terminal:
    """Somebody who types lines; ^C among them is Ctrl-C."""

    def __init__(self, typed: str) -> None:
        self._lines = iter(typed.splitlines(keepends=True))

    def isatty(self) -> bool:
        """It is one."""
        return True

    def fileno(self) -> int:
        """None that the system knows."""
        raise OSError

    def readline(self, _size: int = -1) -> str:
        """The next line."""
        line = next(self._lines, "")
        if line == "^C\n":
            signal.raise_signal(signal.SIGINT)
        return line


@pytest.fixture
def merkato(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command."""
    return Run(monkeypatch, capfd)


def contents(folder: Path) -> list[Path]:
    """What is in the folder."""
    return list(folder.iterdir())


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@contextmanager
def closed(folder: Path) -> Iterator[None]:
    """Nobody but root writes there while the block runs."""
    folder.chmod(0o500)
    yield
    folder.chmod(0o700)


def administrators(url: str) -> list[User]:
    """Those that the database holds."""

    async def read() -> list[User]:
        async with opened(url) as engine, writing(engine) as session:
            return list(await session.scalars(select(User).where(User.role == Role.ADMIN)))

    return asyncio.run(read())


def is_password_of(boss: User, text: str) -> bool:
    """Whether they could sign in with it."""
    passwords = Passwords()
    try:
        return asyncio.run(passwords.verify(boss.password_hash, text)).is_right
    finally:
        passwords.close()


def test_script_sets_a_shop_up_once(merkato: Run, database_url: str) -> None:
    done = merkato(*SCRIPT, "--set", f"DATABASE_URL={database_url}")
    written = ENV_FILE.read_bytes()
    again = merkato(*SCRIPT, "--set", f"DATABASE_URL={database_url}")

    assert (done.code, done.err) == (0, "")
    assert stat.S_IMODE(ENV_FILE.stat().st_mode) == 0o600
    settings = load_settings()
    assert (settings.app_env, settings.smtp_host, settings.port) == ("production", "smtp.shop.example", 8000)
    assert settings.smtp_password is not None
    assert settings.smtp_password.get_secret_value() == HUSH
    assert settings.metrics_token is not None
    assert merkato("check-env").code == 0
    [boss] = administrators(database_url)
    assert (boss.email, boss.must_change_password) == ("boss@shop.example", True)
    assert [is_password_of(boss, each) for each in re.findall(r" ([\w-]{24}) ", done.out)] == [True]
    said = " ".join(re.sub("[│─╭╮╰╯]", " ", done.out).split())
    assert "which is shown this once and has to be changed at the first sign-in:" in said, "No word is cut off."

    assert (again.code, again.out) == (1, "")
    assert "is there already, so that this shop is set up. Nothing was changed." in again.err
    assert ENV_FILE.read_bytes() == written

    ENV_FILE.unlink()
    elsewhere = merkato(*SCRIPT, "--set", f"DATABASE_URL={database_url}")
    assert (elsewhere.code, ENV_FILE.exists()) == (1, False)
    assert "has an administrator, so that it is set up. Nothing was changed." in elsewhere.err
    assert len(administrators(database_url)) == 1


def test_people_are_asked_until_they_answer(merkato: Run, database_url: str) -> None:
    answers = (
        *("live", "production", "postgresql://nobody@127.0.0.1:1/shop", database_url, "", "80", str(free_port())),
        *("http://shop.example", "https://shop.example", "post@shop.example", "localhost", "", "none", ""),
        *("shop-at-google", "", HUSH, "", "", "accounts.example", "https://accounts.example", "", "shop", "whisper"),
        *("boss", "boss@shop.example", "Hana", "Bekele", "y"),
    )
    done = merkato("init", typed="\n".join([*answers, ""]))

    assert done.code == 0, done.err
    refusal = r"[A-Z_]+ (?:must be|is missing|and [A-Z]{2})[^.]+\.|cannot be reached|email: It must"
    assert re.findall(refusal, done.out) == [
        "APP_ENV must be 'development', 'staging' or 'production'.",
        "cannot be reached",
        "PORT must be greater than or equal to 1024.",
        "FRONTEND_URL must be an address such as https://shop.",
        "GOOGLE_CLIENT_SECRET is missing, and GOOGLE_CLIENT_ID is of no use without it.",
        "OPENID_ISSUER must be an address such as https://accounts.",
        "OPENID_CLIENT_ID and OPENID_ISSUER need each other.",
        "email: It must",
    ]
    settings = load_settings()
    assert settings.smtp_security == "none"
    assert (settings.google_client_id, settings.openid_issuer) == ("shop-at-google", "https://accounts.example")
    assert settings.google_client_secret is not None
    assert settings.google_client_secret.get_secret_value() == HUSH
    assert list(build_identity_providers(settings).offered) == [SocialProvider.GOOGLE, SocialProvider.OPENID]
    [boss] = administrators(database_url)
    assert (boss.first_name, boss.last_name) == ("Hana", "Bekele")


@pytest.mark.parametrize("typed", ["production\n^C\n", "production\n", None])
def test_whoever_goes_away_leaves_nothing(merkato: Run, workplace: Path, typed: str | None) -> None:
    gone = merkato("init", typed=typed)

    assert gone.code != 0
    assert contents(workplace) == []


def test_what_fails_leaves_no_file(merkato: Run, workplace: Path, database_url: str) -> None:
    away = merkato(*SCRIPT, "--set", "DATABASE_URL=postgresql://nobody@127.0.0.1:1/shop")
    lacking = merkato("init", "--yes", "--admin-email", "boss@shop.example", "--set", "SECRET_KEY=short")
    nobody = merkato(*SCRIPT, "--set", f"DATABASE_URL={database_url}", "--admin-email", "boss")
    mistyped = merkato(*SCRIPT, "--set", "DATABSE_URL=x")
    with closed(workplace):
        refused = merkato(*SCRIPT, "--set", f"DATABASE_URL={database_url}")

    assert "cannot be reached" in away.err
    assert re.findall(r"[A-Z_]+(?= is required| has )", lacking.err) == [
        *("DATABASE_URL", "SECRET_KEY", "FRONTEND_URL", "MAIL_FROM", "SMTP_HOST"),
    ]
    assert "admin_email: It must be an e-mail address" in nobody.err
    assert "DATABSE_URL is no setting." in mistyped.err
    assert {each.code for each in (away, lacking, nobody, mistyped)} == {1}
    if refused.code:  # whoever may do everything may write there as well
        assert ".env cannot be written: Permission denied. Nothing was changed." in refused.err
        assert contents(workplace) == []
        assert administrators(database_url) == []


async def test_of_two_who_set_up_one_database_at_once_one_succeeds(engine: AsyncEngine) -> None:
    answers = with_secrets({"app_env": "development"})
    persons = [Administrator(f"{name}@shop.example", "Hana", "Bekele") for name in ("one", "other")]

    ended = await asyncio.gather(*(set_up(engine, answers, each) for each in persons), return_exceptions=True)

    assert {type(each) for each in ended} == {Initialised, AlreadyInitialisedError}
    assert await count_rows(engine, User) == 1
    assert load_settings().secret_key.get_secret_value() == answers["secret_key"]
