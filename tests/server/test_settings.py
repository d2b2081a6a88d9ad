"""The settings: defaults, refusals, where values come from, and the generated `.env.example`."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from auth.tokens import AccessClaims, AccessTokens
from models import Role, SocialProvider
from server import environment
from server.database_url import normalise_database_url, show_database_url
from server.environment import FIELDS, SettingReport, Source, inspect_settings
from server.identity_providers import build_identity_providers
from server.observation_settings import LogLevel
from server.safeguards import build_safeguards
from server.settings import (
    DEVELOPMENT_ENCRYPTION_KEYS,
    AppEnvironment,
    Settings,
    SettingsError,
    find_weakness,
    load_settings,
)

STRONG = "Vq3x8nR1tZ0bK7mYw5dHc9GfJs2LpEaU"
OTHER_STRONG = "k9Wm2TzQ4vXb7NcR1yHf6JdLs8GpEa3U"
SEALING = "2026:dGhpcnR5LXR3byBieXRlcyBvZiBhIHRlc3Qga2V5ISE="
PRODUCTION = {
    "APP_ENV": "production",
    "DATABASE_URL": "postgres://shop:pass@db.example:5432/shop",
    "SECRET_KEY": STRONG,
    "JWT_SECRET_KEY": OTHER_STRONG,
    "ENCRYPTION_KEYS": SEALING,
    "FRONTEND_URL": "https://shop.example",
    "MAIL_FROM": "Selam's Shop <post@shop.example>",
    "SMTP_HOST": "smtp.shop.example",
}


@pytest.fixture(autouse=True)
def only_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting comes from outside."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def set_variables(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    """Set variables of the environment."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def problems(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> dict[str, str]:
    """What is wrong with settings from the environment."""
    set_variables(monkeypatch, variables)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    return dict(caught.value.problems)


def report(name: str) -> SettingReport:
    """What is said of one setting."""
    return next(one for one in inspect_settings() if one.name == name)


def test_development_needs_no_settings() -> None:
    settings = load_settings()

    assert settings.app_env == AppEnvironment.DEVELOPMENT
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.database_url is None
    assert settings.graphiql is True
    assert settings.introspection is True
    assert settings.cors_origins == ("http://localhost:3000", "http://localhost:5173")
    assert settings.max_body_bytes == 1_000_000
    assert settings.data_directory == Path(".merkato")


def test_generated_keys_are_strong_and_different() -> None:
    settings, later = load_settings(), load_settings()

    keys = {one.get_secret_value() for s in (settings, later) for one in (s.secret_key, s.jwt_secret_key)}
    assert len(keys) == 4
    assert [find_weakness(key, strict=True) for key in keys] == [None] * 4


@pytest.mark.parametrize("name", ["staging", "production"])
def test_app_env_changes_the_defaults_as_a_whole(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    set_variables(monkeypatch, PRODUCTION | {"APP_ENV": name})

    settings = load_settings()

    assert settings.app_env == name
    assert settings.graphiql is False
    assert settings.introspection is False
    assert settings.cors_origins == ()


def test_what_is_set_goes_before_the_defaults_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, PRODUCTION | {"GRAPHIQL": "on", "CORS_ORIGINS": "https://a.example, https://b.example"})

    settings = load_settings()

    assert settings.graphiql is True
    assert settings.introspection is False
    assert settings.cors_origins == ("https://a.example", "https://b.example")


def test_production_names_everything_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert problems(monkeypatch, {"APP_ENV": "Production"}) == {
        "DATABASE_URL": "is required in production.",
        "SECRET_KEY": "is missing.",
        "JWT_SECRET_KEY": "is missing.",
        "ENCRYPTION_KEYS": "is missing.",
        "FRONTEND_URL": "is required in production.",
        "MAIL_FROM": "is required in production.",
        "SMTP_HOST": "is required in production.",
    }


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("short", "has 5 characters and needs at least 32."),
        ("a" * 64, "repeats the same characters and can be guessed."),
        ("abc" * 20, "repeats the same characters and can be guessed."),
        (STRONG[:16] * 2, "repeats the same characters and can be guessed."),
        ("changeme-changeme-1-changeme-2345", "looks like a placeholder and can be guessed."),
        ("CHANGE_ME_zx81Vq3x8nR1tZ0bK7mYw5dH", "looks like a placeholder and can be guessed."),
        ("your-secret-key-Vq3x8nR1tZ0bK7mYw5", "looks like a placeholder and can be guessed."),
        ("abcdefghijklmnopqrstuvwxyz0123456789", "looks like a placeholder and can be guessed."),
    ],
)
def test_production_refuses_weak_keys(monkeypatch: pytest.MonkeyPatch, key: str, problem: str) -> None:
    assert problems(monkeypatch, PRODUCTION | {"SECRET_KEY": key}) == {"SECRET_KEY": problem}


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("FRONTEND_URL", "http://shop.example", "must be an address such as https://shop.example, without ? and #."),
        ("SMTP_SECURITY", "none", "must be 'starttls' or 'tls' unless SMTP_HOST is this machine: mail opens accounts."),
        ("SMTP_PASSWORD", "hush", "needs SMTP_USERNAME."),
    ],
)
def test_production_refuses_open_mail(monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str) -> None:
    assert problems(monkeypatch, PRODUCTION | {name: value}) == {name: problem}


def test_mail_server_on_this_machine_needs_no_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, PRODUCTION | {"SMTP_HOST": "127.0.0.1", "SMTP_SECURITY": "None"})

    assert load_settings().smtp_security == "none"


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        (DEVELOPMENT_ENCRYPTION_KEYS, "has a key that can be guessed."),
        (f"2026:{'A' * 43}=", "has a key that can be guessed."),
        ("2026:c2hvcnQ=", "cannot be used. The key 2026 has 5 bytes and needs 32."),
        (f"{SEALING},{SEALING}", "cannot be used. A vault needs at least one key, and each has a name of its own."),
        ("nonsense", "cannot be used. The key nonsense has 0 bytes and needs 32."),
    ],
)
def test_production_refuses_unusable_encryption_keys(monkeypatch: pytest.MonkeyPatch, keys: str, problem: str) -> None:
    assert problems(monkeypatch, PRODUCTION | {"ENCRYPTION_KEYS": keys}) == {"ENCRYPTION_KEYS": problem}


def test_former_signing_keys_keep_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"JWT_PREVIOUS_KEYS": f"{STRONG}, short"}
    assert problems(monkeypatch, PRODUCTION | given) == {"JWT_PREVIOUS_KEYS": "has 5 characters and needs at least 32."}


def test_safeguards_read_tokens_of_former_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = AccessClaims(UUID(int=1), UUID(int=2), Role.STAFF)
    now = datetime.now(UTC)
    token = AccessTokens([STRONG]).write(claims, now)
    set_variables(monkeypatch, PRODUCTION | {"JWT_PREVIOUS_KEYS": STRONG})

    safeguards = build_safeguards(load_settings())

    assert safeguards.access_tokens.read(token.text, now).claims == claims
    safeguards.passwords.close()


def test_keys_must_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    assert problems(monkeypatch, PRODUCTION | {"JWT_SECRET_KEY": STRONG}) == {
        "JWT_SECRET_KEY": "must not be the same as SECRET_KEY."
    }


def test_development_refuses_a_short_key_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert problems(monkeypatch, {"SECRET_KEY": "short"}) == {"SECRET_KEY": "has 5 characters and needs at least 32."}


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("APP_ENV", "prod", "must be 'development', 'staging' or 'production'."),
        ("PORT", "80", "must be greater than or equal to 1024."),
        ("PORT", "65536", "must be less than or equal to 65535."),
        ("PORT", "http", "must be a valid integer, unable to parse string as an integer."),
        ("HOST", "http://x", "must be a host name or an IP address."),
        ("DATABASE_POOL_SIZE", "201", "must be less than or equal to 200."),
        ("LOG_LEVEL", "loud", "must be 'debug', 'info', 'warning', 'error' or 'critical'."),
        ("GRAPHIQL", "maybe", "must be a valid boolean, unable to interpret input."),
        (
            "CORS_ORIGINS",
            "https://a.example/shop",
            "has 'https://a.example/shop', which is no origin such as https://shop.example (without a path).",
        ),
        ("TRUSTED_PROXIES", "10.0.0.7/8", "has '10.0.0.7/8', which is no address such as 10.0.0.7 or 10.0.0.0/8."),
        ("CORS_ORIGINS", "*", "has '*', which is no origin such as https://shop.example (without a path)."),
        ("FRONTEND_URL", "shop.example", "must be an address such as https://shop.example, without ? and #."),
        ("FRONTEND_URL", "https://a@b.example", "must be an address such as https://shop.example, without ? and #."),
        ("MAIL_FROM", "Selam", "must be an address such as Selam's Shop <post@shop.example>."),
        ("MAIL_FROM", "a@b.example, c@d.example", "must be an address such as Selam's Shop <post@shop.example>."),
        ("SMTP_HOST", "smtp://x", "must be a host name or an IP address."),
        ("SMTP_SECURITY", "ssl", "must be 'starttls', 'tls' or 'none'."),
        ("DATABASE_URL", "mysql://a@b/c", "must start with postgresql:// (or postgres://, postgresql+asyncpg://)."),
    ],
)
def test_wrong_values_are_explained(monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str) -> None:
    assert problems(monkeypatch, {name: value}) == {name: problem}


@pytest.mark.parametrize(
    ("given", "name", "problem"),
    [
        ({"GOOGLE_CLIENT_SECRET": "x"}, "GOOGLE_CLIENT_SECRET", "needs GOOGLE_CLIENT_ID."),
        (
            {"APPLE_CLIENT_ID": "x"},
            "APPLE_CLIENT_SECRET",
            "is missing, and APPLE_CLIENT_ID is of no use without it.",
        ),
        ({"OPENID_ISSUER": "https://a.example"}, "OPENID_CLIENT_ID", "and OPENID_ISSUER need each other."),
        (
            {"OPENID_ISSUER": "http://a.example"},
            "OPENID_ISSUER",
            "must be an address such as https://accounts.example, without ? and #.",
        ),
        (
            {"SIGN_IN_REDIRECT_URIS": "https://a.example/in, a.example"},
            "SIGN_IN_REDIRECT_URIS",
            "has 'a.example', which is no address such as https://shop.example/sign-in/callback.",
        ),
    ],
)
def test_half_an_identity_provider_is_none(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], name: str, problem: str
) -> None:
    assert problems(monkeypatch, given) == {name: problem}


def test_identity_providers_are_those_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, PRODUCTION | {"APPLE_CLIENT_ID": "x", "APPLE_CLIENT_SECRET": "y"})

    providers = build_identity_providers(load_settings())

    assert list(providers.offered) == [SocialProvider.APPLE]
    assert providers.redirect_uris == {"https://shop.example/sign-in/callback"}


def test_all_problems_are_told_at_once_in_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, {"PORT": "80", "WORKERS": "0"})

    with pytest.raises(SettingsError) as caught:
        load_settings()

    assert str(caught.value) == (
        "PORT must be greater than or equal to 1024. WORKERS must be greater than or equal to 1. "
        "See `merkato check-env`."
    )


def test_words_are_read_in_any_case_and_empty_means_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, {"APP_ENV": "Development", "LOG_LEVEL": "WARNING", "PORT": "", "DATABASE_URL": ""})

    settings = load_settings()

    assert settings.log_level == LogLevel.WARNING
    assert settings.port == 8000
    assert settings.database_url is None


def test_env_file_is_read_and_the_environment_goes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("PORT=9001\nWORKERS=3\n")
    monkeypatch.setenv("PORT", "9002")

    settings = load_settings()

    assert (settings.port, settings.workers) == (9002, 3)
    assert load_settings({"port": 9003}).port == 9003
    assert report("PORT").source == Source.ENVIRONMENT
    assert report("WORKERS").source == Source.ENV_FILE
    assert report("HOST").source == Source.DEFAULT


def test_env_file_in_another_encoding_is_told() -> None:
    Path(".env").write_bytes(b"SECRET_KEY=\xff\xfe\n")

    with pytest.raises(SettingsError, match=r"\.env cannot be read: it is not UTF-8\."):
        load_settings()
    with pytest.raises(SettingsError, match=r"\.env cannot be read: it is not UTF-8\."):
        inspect_settings()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 9000


def test_secrets_show_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, PRODUCTION)

    shown = f"{load_settings()!r} {inspect_settings()!r}"

    assert STRONG not in shown
    assert OTHER_STRONG not in shown
    assert "shop:pass" not in shown
    assert report("SECRET_KEY").value == "(32 characters)"
    assert report("DATABASE_URL").value == "db.example:5432/shop"


def test_report_covers_every_setting_with_meaning_and_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, PRODUCTION | {"PORT": "80"})

    reports = inspect_settings()

    assert [one.name.lower() for one in reports] == list(FIELDS)
    assert set(FIELDS) == set(Settings.model_fields)
    assert all(one.meaning.endswith(".") for one in reports)
    assert [one.name for one in reports if one.problem] == ["PORT"]
    assert (report("GRAPHIQL").value, report("GRAPHIQL").default) == ("false", "false")


def test_mistyped_name_in_the_env_file_is_a_problem() -> None:
    Path(".env").write_text("DATABSE_URL=postgres://a@b/c\nCOMPOSE_PROJECT_NAME=shop\n")

    assert [(one.name, one.problem) for one in inspect_settings() if one.problem] == [
        ("DATABSE_URL", "is no setting. Did you mean DATABASE_URL?")
    ]


def test_env_example_is_current() -> None:
    written = environment.EXAMPLE_FILE.read_text(encoding="utf-8")

    assert written == environment.example(), "Run `uv run python -m server.environment`."


def test_env_example_changes_nothing_as_it_is() -> None:
    Path(".env").write_text(environment.example().replace("# SECRET_KEY", "SECRET_KEY").replace("# PORT", "PORT"))

    settings = load_settings()

    assert settings.port == 8000
    assert len(settings.secret_key.get_secret_value()) == 64


@pytest.mark.parametrize(
    ("written", "normal", "shown"),
    [
        ("postgres://u:p@h/db", "postgresql://u:p@h/db", "h/db"),
        ("postgresql+asyncpg://u:p%40x@h:6543/db", "postgresql://u:p%40x@h:6543/db", "h:6543/db"),
        (
            " postgresql://u@h/db?sslmode=require&channel_binding=require ",
            "postgresql://u@h/db?sslmode=require",
            "h/db",
        ),
        ("postgresql:///db?host=/run/pg&port=5433", "postgresql:///db?host=/run/pg&port=5433", "/run/pg/db"),
        ("postgres://u:p@[::1]:5432/db", "postgresql://u:p@[::1]:5432/db", "[::1]:5432/db"),
        ("postgres://u:p@h1:1,h2:2/db", "postgresql://u:p@h1:1,h2:2/db", "h1:1,h2:2/db"),
    ],
)
def test_database_address_is_read_in_its_usual_forms(written: str, normal: str, shown: str) -> None:
    assert normalise_database_url(written) == normal
    assert show_database_url(normal) == shown


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("u:p@h/db", "cannot be read"),
        ("postgres://u:p#x@h/db", "# as %23"),
        ("postgres://u:p/x@h/db", "/ as %2F"),
        ("postgres://u:12/x@h/db", "/ as %2F"),
        ("postgres://u:p?x@h/db", r"\? as %3F"),
        ("postgres://u:p@h:port/db", "cannot be read"),
        ("postgres://u:p@h", "names no database"),
        ("postgres:///db", "names no host"),
    ],
)
def test_unreadable_database_address_is_refused_and_not_repeated(written: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        normalise_database_url(written)

    assert "p" not in show_database_url(written).removeprefix("(unreadable)").removeprefix("h")


def test_https_is_required_only_where_somebody_says_who_came_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = problems(monkeypatch, {"REQUIRE_HTTPS": "true"})
    monkeypatch.setenv("ALLOWED_HOSTS", "api.shop.example")
    named = problems(monkeypatch, {})
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.1")

    assert "REQUIRE_HTTPS" in alone
    assert set(named) == {"TRUSTED_PROXIES"}
    assert load_settings().require_https


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_HOSTS", "https://api.shop.example"),
        ("ALLOWED_HOSTS", "api.shop.example:443"),
        ("REDIS_URL", "localhost:6379"),
        ("RATE_LIMIT_EXEMPT", "10.0.0.300"),
        ("RATE_LIMIT_READS", "-1"),
    ],
)
def test_settings_of_the_way_in_are_checked(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert set(problems(monkeypatch, {name: value})) == {name}


def test_requests_are_counted_outside_development(monkeypatch: pytest.MonkeyPatch) -> None:
    in_development = load_settings()
    set_variables(monkeypatch, PRODUCTION | {"REDIS_URL": "valkeys://:word@cache.example:6379/0"})
    deployed = load_settings()

    assert not in_development.limits_by_rate
    assert {rate.value: limit for rate, limit in deployed.limits_by_rate.items()} == {
        "reads": 9000,
        "searches": 1800,
        "mutations": 1800,
        "attempts": 100,
    }
    assert deployed.redis_url is not None
    assert deployed.redis_url.get_secret_value() == "rediss://:word@cache.example:6379/0"
