"""`merkato init`: sets a shop up, in questions and answers or for a script."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from typing import Annotated

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from auth.administrators import Administrator
from auth.emails import require_email
from auth.names import require_name
from domain.errors import DomainError
from server.database import require_database
from server.env_file import ENV_FILE, require_no_env_file
from server.errors import ServerError
from server.init_answers import (
    Question,
    find_problems,
    given_answers,
    open_questions,
    problem_with,
    settings_of,
    with_secrets,
)
from server.initialising import Initialised, initialise
from server.serving import reserved_address
from server.settings import AppEnvironment, Settings, SettingsError, is_development

FIRST_NAME, LAST_NAME = "Shop", "Administrator"


class NobodyThereError(ServerError):
    """The command runs in a script that did not say so."""

    def __init__(self) -> None:
        super().__init__(
            "Nobody is there to be asked. Repeat the command with --yes, --admin-email, and --set NAME=VALUE for "
            "every setting that it needs."
        )


def init(
    admin_email: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="The administrator's e-mail address.", show_default=False)
    ] = None,
    admin_first_name: Annotated[str, typer.Option(metavar="NAME", help="How to address them.")] = FIRST_NAME,
    admin_last_name: Annotated[str, typer.Option(metavar="NAME", help="The family name.")] = LAST_NAME,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A setting, which is not asked for then.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take the usual answers.")] = False,  # noqa: FBT002
) -> None:
    """Set a shop up: the settings in .env with fresh keys, the tables, and an administrator.

    It asks for what it needs, unless --set or the environment says it. It works once.
    """
    require_no_env_file()
    answers = given_answers(dict(map(_parsed, settings or [])))
    if not yes and not sys.stdin.isatty():
        raise NobodyThereError
    console = Console()
    ask = _usual if yes else _asking(console)
    for question in open_questions(answers):
        answers[question.name] = ask(question, answers)
    if not yes:
        admin_email = _asked(console, "The administrator's e-mail address", admin_email or "", require_email)
        admin_first_name = _asked(console, "The first name", admin_first_name, lambda name: require_name(name, "name"))
        admin_last_name = _asked(console, "The family name", admin_last_name, lambda name: require_name(name, "name"))
    person = Administrator(require_email(admin_email or "", "admin_email"), admin_first_name, admin_last_name)
    complete = with_secrets(answers)
    problems = find_problems(complete)
    if problems:
        raise SettingsError(problems)
    if not yes:
        typer.confirm("Set the shop up like this?", default=True, abort=True)
    _show(console, settings_of(complete), person, initialise(complete, person))


def _parsed(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE.", param_hint="--set")
    return name.strip().lower(), value


def _usual(question: Question, _answers: Mapping[str, str]) -> str:
    return question.suggestion


def _asking(console: Console) -> Callable[[Question, Mapping[str, str]], str]:
    """Asks until the answer can be used."""

    def ask(question: Question, answers: Mapping[str, str]) -> str:
        while True:
            said = typer.prompt(
                question.text,
                default=question.suggestion,
                show_default=bool(question.suggestion),
                hide_input=question.is_secret,
            )
            answer = str(said).strip()
            problem = _unusable(question, answer, answers)
            if problem is None:
                return answer
            console.print(problem, style="red", markup=False, highlight=False)

    return ask


def _unusable(question: Question, answer: str, answers: Mapping[str, str]) -> str | None:
    """Why the answer cannot be used, tried out where that is possible."""
    problem = problem_with(question.name, answer, answers)
    if problem is not None:
        return f"{question.name.upper()} {problem}"
    try:
        if question.name == "database_url" and answer:
            _try_database(answer)
        if question.name == "port":
            with reserved_address(answers["host"], int(answer)):
                pass
    except ServerError as error:
        return str(error)
    return None


def _try_database(url: str) -> None:
    trial = Settings(_env_file=None, app_env=AppEnvironment.DEVELOPMENT, database_url=SecretStr(url))  # type: ignore[call-arg]
    normal = trial.database_url or SecretStr(url)
    asyncio.run(require_database(normal.get_secret_value(), trial))


def _asked(console: Console, what: str, suggestion: str, accepted: Callable[[str], str]) -> str:
    while True:
        try:
            return accepted(typer.prompt(what, default=suggestion, show_default=bool(suggestion)))
        except DomainError as error:
            console.print(str(error), style="red", markup=False, highlight=False)


def _show(console: Console, settings: Settings, person: Administrator, done: Initialised) -> None:
    """What there is now, the password among it, and what to do next."""
    lines = [
        (
            f"The settings are in {ENV_FILE.resolve()}, readable by you only. Keep a copy: without ENCRYPTION_KEYS "
            "the private columns cannot be read."
        ),
        "",
        (
            f"{person.email} is the administrator. The password, which is shown this once and has to be "
            "changed at the first sign-in:"
        ),
        "",
        f"    {done.password}",
        "",
        "Next: `merkato dev`."
        if is_development({"app_env": settings.app_env})
        else f"Next: `merkato serve`, on {settings.host}, port {settings.port}, and `merkato worker` beside it.",
    ]
    console.print(Panel(Text("\n".join(lines)), title="The shop is set up", expand=False, padding=(1, 2)))
