"""What each setting means, where its value came from and what is wrong with it; `.env.example` from the same source."""

import difflib
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from server.database_url import show_database_url
from server.limit_settings import LimitSettings
from server.settings import DEPLOYED_DEFAULTS, Settings, explain, explained_env_file, is_development

FIELDS: Mapping[str, FieldInfo] = dict(
    sorted(Settings.model_fields.items(), key=lambda field: field[0] in LimitSettings.model_fields)
)
"""By name; the limits come last."""
EXAMPLE_FILE = Path(__file__).parent.parent / ".env.example"
ADDRESSES = ("database_url", "database_replica_url")
GENERATED = "(generated)"
EMPTY = "(empty)"
CLOSE_ENOUGH = 0.85

EXAMPLE_HEAD = """\
# The settings of Merkato, each with its default. Copy this file to .env and change what you need.
# Variables of the environment go before .env. `merkato check-env` says what is set and what is wrong with it.
# Generated from server/settings.py by `uv run python -m server.environment`; a test keeps it current.
"""


class Source(StrEnum):
    """Where a value came from."""

    ENVIRONMENT = "environment"
    ENV_FILE = ".env"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Given:
    """A value that somebody set."""

    source: Source
    value: str


@dataclass(frozen=True, slots=True)
class SettingReport:
    """One setting, in words. Secrets are masked."""

    name: str
    meaning: str
    kind: str
    default: str
    value: str
    source: Source
    problem: str | None


def inspect_settings() -> list[SettingReport]:
    """Every setting, and every name in `.env` that looks like a mistyped one.

    Raises SettingsError when `.env` cannot be read.
    """
    with explained_env_file():
        file = DotEnvSettingsSource(Settings)
        from_file = file()
        problems = _problems()
    from_environment = EnvSettingsSource(Settings)()
    given = {name: Given(Source.ENV_FILE, str(value)) for name, value in from_file.items() if name in FIELDS}
    given |= {name: Given(Source.ENVIRONMENT, str(value)) for name, value in from_environment.items()}
    defaults = _defaults({name: one.value for name, one in given.items()})
    kinds = _kinds()
    known = [
        SettingReport(
            name=name.upper(),
            meaning=field.description or "",
            kind=kinds[name],
            default=defaults[name],
            value=_shown(name, given[name].value) if name in given else defaults[name],
            source=given[name].source if name in given else Source.DEFAULT,
            problem=problems.get(name.upper()),
        )
        for name, field in FIELDS.items()
    ]
    return [*known, *_mistyped(file.env_vars)]


def example() -> str:
    """The text of `.env.example`."""
    kinds, defaults = _kinds(), _defaults({})
    return "\n".join([EXAMPLE_HEAD, *(_example_block(name, kinds[name], defaults[name]) for name in FIELDS)])


def main() -> None:
    """Write `.env.example`."""
    EXAMPLE_FILE.write_text(example(), encoding="utf-8")


def _example_block(name: str, kind: str, default: str) -> str:
    deployed = DEPLOYED_DEFAULTS.get(name)
    note = "" if deployed is None or is_secret(name) else f" Outside development: {_text(deployed) or EMPTY}."
    shown = "" if default in {GENERATED, EMPTY} else default
    described = textwrap.wrap(FIELDS[name].description or "", width=110)
    comments = [*described, f"{kind}{note}"] if kind else described
    return "".join(f"# {line}\n" for line in comments) + f"# {name.upper()}={shown}\n"


def _problems() -> dict[str, str]:
    try:
        Settings()
    except ValidationError as error:
        return explain(error)
    return {}


def _defaults(given: Mapping[str, str]) -> dict[str, str]:
    """What each setting is when nobody sets it, where APP_ENV is as given."""
    own = {name: GENERATED if field.default_factory else _text(field.default) for name, field in FIELDS.items()}
    deployed = {} if is_development(given) else {name: _text(value) for name, value in DEPLOYED_DEFAULTS.items()}
    return {name: value or EMPTY for name, value in (own | deployed).items()}


def _text(value: object) -> str:
    """A value as one would write it into `.env`."""
    match value:
        case None | SecretStr():
            return ""
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(map(str, value))
        case _:
            return str(value)


def _shown(name: str, value: str) -> str:
    """A value that may be seen: of secrets only the length, of addresses no password."""
    if name in ADDRESSES:
        return show_database_url(value)
    return f"({len(value)} characters)" if is_secret(name) else value


def is_secret(name: str) -> bool:
    """Whether the value of a setting must not be shown."""
    return FIELDS[name].annotation in {SecretStr, SecretStr | None}


def _kinds() -> dict[str, str]:
    """What may be written for each setting, in words."""
    schema = Settings.model_json_schema()
    return {name: _kind(schema["properties"][name], schema["$defs"]) for name in FIELDS}


def _kind(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:  # JSON Schema has no narrower type.
    if "$ref" in schema:
        names = definitions[schema["$ref"].rpartition("/")[2]]["enum"]
        return f"One of {', '.join(names)}."
    match schema.get("type"):
        case "integer":
            return f"A whole number from {schema['minimum']} to {schema['maximum']}."
        case "boolean":
            return "True or false."
        case "array":
            return "A list."
        case _:
            return "The path of a folder." if schema.get("format") == "path" else ""


def _mistyped(names: Iterable[str]) -> Iterator[SettingReport]:
    """The names in `.env` that nothing reads and that look like a setting. Other programs may share the file."""
    for name in names:
        likely = difflib.get_close_matches(name.lower(), FIELDS, n=1, cutoff=CLOSE_ENOUGH)
        if likely and name.lower() not in FIELDS:
            problem = f"is no setting. Did you mean {likely[0].upper()}?"
            yield SettingReport(name.upper(), "", "", "", "", Source.ENV_FILE, problem)


if __name__ == "__main__":
    main()
