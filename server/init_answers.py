"""What `merkato init` wants to know: the questions, and answers that the settings accept."""

import base64
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource

from server.environment import FIELDS, is_secret
from server.settings import Settings, SettingsError, explain, generate_key, is_development

Answers = Mapping[str, str]

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Question:
    """One setting, and when it is asked for."""

    name: str
    text: str
    suggestion: str = ""
    concerns: Callable[[Answers], bool] = field(default=lambda _answers: True)

    @property
    def is_secret(self) -> bool:
        """Whether nobody may look over the shoulder of whoever answers."""
        return is_secret(self.name) and self.name != "database_url"


def _after(name: str) -> Callable[[Answers], bool]:
    """Concerns whoever has answered the question of that name with more than nothing."""
    return lambda answers: bool(answers.get(name))


def _sign_in_with(provider: str) -> tuple[Question, Question]:
    name = provider.lower()
    client_id = f"{name}_client_id"
    return (
        Question(client_id, f"The shop's client id at {provider}, if people may sign in with it"),
        Question(f"{name}_client_secret", "The secret for it", "", _after(client_id)),
    )


QUESTIONS = (
    Question("app_env", "Where will it run: development, staging or production?", "production"),
    Question("database_url", "The PostgreSQL database (postgresql://user:password@host:5432/database)"),
    Question("host", "The address to serve on", "127.0.0.1"),
    Question("port", "The port to serve on", "8000"),
    Question("frontend_url", "Where the shop's pages are (https://shop.example)"),
    Question("mail_from", "Who sends mail (Selam's Shop <post@shop.example>)"),
    Question("smtp_host", "The mail server"),
    Question("smtp_port", "Its port", "587", _after("smtp_host")),
    Question("smtp_security", "How mail goes there: over starttls, tls or none", "starttls", _after("smtp_host")),
    Question("smtp_username", "The user name there, if it wants one", "", _after("smtp_host")),
    Question("smtp_password", "The password there", "", _after("smtp_username")),
    *_sign_in_with("Google"),
    *_sign_in_with("Apple"),
    *_sign_in_with("Facebook"),
    Question("openid_issuer", "Another OpenID Connect provider to sign in with (https://accounts.example)"),
    Question("openid_client_id", "The shop's client id there", "", _after("openid_issuer")),
    Question("openid_client_secret", "The secret for it", "", _after("openid_issuer")),
)


def given_answers(flags: Answers) -> dict[str, str]:
    """The settings that the command line or the environment give. Raises SettingsError for a name that is none."""
    unknown = {name.upper(): "is no setting." for name in flags if name not in FIELDS}
    if unknown:
        raise SettingsError(unknown)
    return {name: str(value) for name, value in EnvSettingsSource(Settings)().items()} | dict(flags)


def open_questions(answers: Answers) -> Iterator[Question]:
    """Those that nobody has answered; the answers may grow meanwhile."""
    for question in QUESTIONS:
        if question.name not in answers and question.concerns(answers):
            yield question


def problem_with(name: str, value: str, answers: Answers) -> str | None:
    """What is wrong with the answer, given those before it, as the rest of a sentence."""
    return find_problems({**answers, name: value}).get(name.upper())


def find_problems(answers: Answers) -> dict[str, str]:
    """What is wrong with all of them, by the names of the settings."""
    try:
        settings_of(answers)
    except ValidationError as error:
        return explain(error)
    return {}


def settings_of(answers: Answers) -> Settings:
    """The settings that the file will give, whatever else is around."""
    return Settings(_env_file=None, **{name: value for name, value in answers.items() if value})  # type: ignore[call-arg,arg-type]


def with_secrets(answers: Answers) -> dict[str, str]:
    """The answers with fresh keys where nobody gave some. What stayed empty is left out."""
    keys = {
        "secret_key": generate_key().get_secret_value(),
        "jwt_secret_key": generate_key().get_secret_value(),
        "encryption_keys": f"{datetime.now(UTC):%Y-%m}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}",
    }
    if not is_development(answers):
        keys["metrics_token"] = generate_key().get_secret_value()
    return {name: value for name, value in (keys | dict(answers)).items() if value}
