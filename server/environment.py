"""What each setting means, where its value came from and what is wrong with it; `.env.example` from the same source."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from server.database_url import normalise_database_url, show_database_url
from server.settings import DEPLOYED_DEFAULTS, Settings, explain, is_development

ENV_FILE = Path(".env")
EXAMPLE_FILE = Path(__file__).parent.parent / ".env.example"
GENERATED = "(generated)"
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
    environment = EnvSettingsSource(Settings)()
    file = DotEnvSettingsSource(Settings)
    from_file = file()
    problems = _problems()
    given = {name: (Source.ENV_FILE, value) for name, value in from_file.items() if name in Settings.model_fields}
    given |= {name: (Source.ENVIRONMENT, value) for name, value in environment.items()}
    development = is_development({name: value for name, (_, value) in given.items()})
    reports = [
        _report(name, field, given.get(name), problems.get(name.upper()), development=development)
        for name, field in Settings.model_fields.items()
    ]
    return [*reports, *_mistyped(file.env_vars)]


def example() -> str:
    """The text of `.env.example`."""
    kinds = _kinds()
    blocks = (
        f"\n# {field.description}\n# {kinds[name]}.{_deployed_note(name)}\n# {name.upper()}={_default(field)}\n"
        for name, field in Settings.model_fields.items()
    )
    return EXAMPLE_HEAD + "".join(block.replace(GENERATED, "") for block in blocks)


def main() -> None:
    """Write `.env.example`."""
    EXAMPLE_FILE.write_text(example(), encoding="utf-8")


if __name__ == "__main__":
    main()
