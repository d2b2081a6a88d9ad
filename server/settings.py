"""The settings: one validated object, read from the environment and `.env`."""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from domain.vault import Vault, VaultError, parse_keys
from integrations.mail import parse_sender
from integrations.smtp import SmtpSecurity
from server.counting_settings import CountingSettings
from server.database_url import normalise_database_url
from server.door_settings import DoorSettings
from server.errors import ServerError
from server.limit_settings import LimitSettings
from server.listed_settings import Networks, Texts
from server.observation_settings import LogFormat, ObservationSettings
from server.payment_settings import PaymentSettings
from server.rate_limit_settings import RateLimitSettings
from server.revision_settings import RevisionSettings
from server.site_settings import SiteSettings
from server.upload_settings import UploadSettings
from server.websocket_settings import WebSocketSettings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SHORTEST_KEY = 32
FEWEST_DIFFERENT_CHARACTERS = 12
DEVELOPMENT_ENCRYPTION_KEYS = "development:b25seSBmb3IgZGV2ZWxvcG1lbnQsIDMyIGxldHRlcnM="
"""Everybody knows it. A generated one would make what is encrypted unreadable at the next start."""

PLACEHOLDERS = re.compile(
    r"change.?(me|this)|replace.?(me|this)|your.?(secret|key)|secret.?key|placeholder|example|password|insecure|default"
    r"|12345678|abcdefgh|qwerty",
    re.IGNORECASE,
)


class AppEnvironment(StrEnum):
    """Where the process runs. Staging is as strict as production."""

    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


DEPLOYED_DEFAULTS: Mapping[str, object] = MappingProxyType(
    {
        "secret_key": "",
        "jwt_secret_key": "",
        "encryption_keys": "",
        "graphiql": False,
        "rate_limits": True,
        "introspection": False,
        "suggestions": False,
        "explain_to_visitors": False,
        "cors_origins": (),
        "frontend_url": "",
        "mail_from": "",
        "log_format": LogFormat.JSON,
        "access_log_percent": 0,
    }
)
"""The defaults that are other ones in staging and production."""


class DeployedDefaults(PydanticBaseSettingsSource):
    """The source of last resort outside development."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[object, str, bool]:
        """The default of one field."""
        return DEPLOYED_DEFAULTS.get(field_name), field_name, False

    def __call__(self) -> dict[str, object]:
        """Every default that APP_ENV changes, if the sources before this one changed it."""
        return {} if is_development(self.current_state) else dict(DEPLOYED_DEFAULTS)


class SettingsError(ServerError):
    """Some settings are wrong."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        listed = " ".join(f"{name} {problem}" for name, problem in problems.items())
        super().__init__(f"{listed} See `merkato check-env`.")
        self.problems = problems


def generate_key() -> SecretStr:
    """A key that nobody can guess."""
    return SecretStr(secrets.token_urlsafe(48))


class Settings(
    PaymentSettings,
    ObservationSettings,
    WebSocketSettings,
    LimitSettings,
    UploadSettings,
    RateLimitSettings,
    RevisionSettings,
    SiteSettings,
    CountingSettings,
    DoorSettings,
):
    """What can be set from outside, each with its meaning. APP_ENV changes the defaults as a whole."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    app_env: AppEnvironment = Field(
        default=AppEnvironment.DEVELOPMENT,
        description="Where the process runs; it changes the defaults of the other settings.",
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="The address to serve on.")
    port: int = Field(default=8000, ge=1024, le=65535, description="The port to serve on.")
    workers: int = Field(default=1, ge=1, le=256, description="How many processes `merkato serve` starts.")
    trusted_proxies: Networks = Field(
        default=(),
        description="The IP addresses and networks of the proxies in front, separated by commas, which are believed "
        "when they say in X-Forwarded-For who asks. Without them whoever connects is who asks: behind a proxy that is "
        "not listed, attempts to sign in are counted for all visitors together.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="The PostgreSQL database, as postgresql://user:password@host:5432/database. "
        "In development the embedded PostgreSQL is used when it is empty; elsewhere it is required.",
    )
    database_replica_url: SecretStr | None = Field(
        default=None,
        description="A standby of that database, which serves compiled queries that are not kept in the cache.",
    )
    database_replica_max_lag_seconds: int = Field(
        default=5,
        ge=1,
        le=3600,
        description="How far behind the standby may be; beyond that the database itself is read.",
    )
    database_pool_size: int = Field(
        default=10,
        ge=1,
        le=200,
        description="How many connections a process keeps at most of each kind: for compiled queries, for compiled "
        "queries of what is somebody's own, for other queries, and for mutations.",
    )
    database_assume_roles: bool = Field(
        default=True,
        description="Whether the server acts as the roles merkato_app and merkato_system, so that row-level security "
        "guards what a query forgets. Without it the login's own privileges hold: for a connection pooler that does "
        "not pass the parameter `role` on.",
    )
    database_connect_timeout_seconds: int = Field(
        default=5, ge=1, le=300, description="How long to wait for a connection to the database."
    )
    database_statement_timeout_seconds: int = Field(
        default=8,
        ge=0,
        le=3600,
        description="How long PostgreSQL may work on one statement of a request before it stops it: less than "
        "OPERATION_TIMEOUT_SECONDS, so that the client learns which it was; 0 leaves that to the database.",
    )
    data_directory: Path = Field(
        default=Path(".merkato"), description="The folder of the embedded PostgreSQL and of other local data."
    )
    secret_key: SecretStr = Field(
        default_factory=generate_key,
        description="Signs what is handed to clients to bring back. At least 32 random characters, such as "
        '`python -c "import secrets; print(secrets.token_urlsafe(48))"` prints. '
        "In development it is generated at each start when it is empty; elsewhere it is required.",
    )
    jwt_secret_key: SecretStr = Field(
        default_factory=generate_key,
        description="Signs access tokens. Not the same as SECRET_KEY; otherwise the same rules.",
    )
    jwt_previous_keys: SecretStr | None = Field(
        default=None,
        description="Former values of JWT_SECRET_KEY, separated by commas. Tokens that they signed are good until they "
        "expire: keep a key here for ten minutes after another one took its place.",
    )
    encryption_keys: SecretStr = Field(
        default=SecretStr(DEVELOPMENT_ENCRYPTION_KEYS),
        description="Encrypts phone numbers and other private columns: name:key, the key being 32 random bytes in "
        "base64, such as `openssl rand -base64 32` prints. Several are separated by commas, "
        "newest first: the first one encrypts, each decrypts, and an older one can go once `merkato reseal` has "
        "encrypted anew what needs it. Whoever loses them loses the columns. Development has one that "
        "everybody knows; elsewhere it is required.",
    )
    graphiql: bool = Field(default=True, description="Whether a browser that opens /graphql gets GraphiQL.")
    introspection: bool = Field(default=True, description="Whether clients may ask for the schema.")
    suggestions: bool = Field(
        default=True,
        description="Whether errors suggest names like the one that was mistyped, from which others learn the schema.",
    )
    explain_to_visitors: bool = Field(
        default=True,
        description="Whether visitors may ask how their request was answered; else diagnostics:read is needed.",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        description="What Prometheus has to bring to /metrics as a bearer token, at least 32 random characters. "
        "When it is empty, /metrics is open in development; elsewhere it is not there.",
    )
    max_body_bytes: int = Field(
        default=1_000_000, ge=1_000, le=100_000_000, description="The longest request body that is read."
    )
    response_cache_bytes: int = Field(
        default=32_000_000,
        ge=0,
        le=100_000_000_000,
        description="How many bytes of answers to visitors a process keeps; 0 reads every answer from the database.",
    )
    trusted_documents_file: Path | None = Field(
        default=None,
        description="The manifest (JSON) of the documents that clients may name by `documentId`, as "
        "`merkato documents`, graphql-codegen, Relay and Apollo's tools write it. The operations of queries/ when it "
        "is empty.",
    )
    trusted_documents_only: bool = Field(
        default=False,
        description="Whether nothing but trusted documents is run. It turns GraphiQL and automatic persisted queries "
        "off, and leaves introspection to trusted documents.",
    )
    persisted_query_bytes: int = Field(
        default=5_000_000,
        ge=0,
        le=10_000_000_000,
        description="How many bytes of texts a process keeps for clients that name them by their hash (automatic "
        "persisted queries); 0 turns that off.",
    )
    cache_max_age_seconds: int = Field(
        default=10,
        ge=0,
        le=31_536_000,
        description="How long browsers and CDNs keep the answer to a GET that everybody may see; at 0 they ask each "
        "time whether it is still the same. Answers that depend on the time are kept for a second at most.",
    )
    cache_stale_seconds: int = Field(
        default=30,
        ge=0,
        le=31_536_000,
        description="For how long after that they may go on handing it out while they fetch a new one.",
    )
    frontend_url: str = Field(
        default="http://localhost:3000",
        description="Where the shop's pages are, as https://shop.example. The links in mail lead there. "
        "Required outside development.",
    )
    mail_from: str = Field(
        default="Merkato <merkato@localhost>",
        description="Who sends mail, as Selam's Shop <post@shop.example>. Required outside development.",
    )
    smtp_host: str | None = Field(
        default=None,
        description="The mail server. In development mail goes to the mailbox folder of DATA_DIRECTORY when it is "
        "empty (`merkato mailbox`); elsewhere it is required.",
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port: mostly 587, or 465 with tls.")
    smtp_security: SmtpSecurity = Field(
        default=SmtpSecurity.STARTTLS, description="How the connection to the mail server is kept secret."
    )
    smtp_username: str | None = Field(default=None, description="Who we are to the mail server.")
    smtp_password: SecretStr | None = Field(default=None, description="And the password for it.")
    smtp_timeout_seconds: int = Field(
        default=30, ge=1, le=300, description="How long to wait for the mail server at each step."
    )
    job_concurrency: int = Field(default=10, ge=2, le=200, description="How many jobs a worker does at once.")
    job_attempts: int = Field(
        default=12,
        ge=1,
        le=100,
        description="How often a job is begun before it goes to the dead letters. The pauses double from ten seconds "
        "to an hour.",
    )
    job_timeout_seconds: int = Field(default=300, ge=1, le=86_400, description="How long one attempt may take.")
    job_takeover_seconds: int = Field(
        default=30,
        ge=2,
        le=3600,
        description="After how long without a sign of life from its worker another one begins a job anew.",
    )
    job_log_days: int = Field(
        default=14, ge=1, le=3650, description="How long the log of the jobs that ended is kept in the database."
    )
    worker_grace_seconds: int = Field(
        default=25,
        ge=0,
        le=3600,
        description="How long the jobs that run may take to end once the worker is asked to; then they are left to be "
        "repeated. Less than what your process manager waits before it kills.",
    )
    google_client_id: str | None = Field(
        default=None, description="Our account with Google, with which customers may then sign in."
    )
    google_client_secret: SecretStr | None = Field(default=None, description="And the secret for it.")
    apple_client_id: str | None = Field(
        default=None, description="Our account with Apple (a Services ID), with which customers may then sign in."
    )
    apple_client_secret: SecretStr | None = Field(
        default=None, description="And the secret for it: a token signed with Apple's key, for half a year at most."
    )
    facebook_client_id: str | None = Field(
        default=None, description="Our account with Facebook, with which customers may then sign in."
    )
    facebook_client_secret: SecretStr | None = Field(default=None, description="And the secret for it.")
    openid_issuer: str | None = Field(
        default=None,
        description="Any other OpenID provider, as https://accounts.example: what its discovery document calls it.",
    )
    openid_client_id: str | None = Field(default=None, description="Our account with that provider.")
    openid_client_secret: SecretStr | None = Field(default=None, description="And the secret for it.")
    openid_label: str = Field(
        default="OpenID", min_length=1, max_length=50, description="What people call that provider."
    )
    sign_in_redirect_uris: Texts = Field(
        default=(),
        description="Where identity providers may send a browser back to, separated by commas and registered with "
        "them. When it is empty: /sign-in/callback of FRONTEND_URL.",
    )
    cors_origins: Texts = Field(
        default=("http://localhost:3000", "http://localhost:5173"),
        description="The origins whose pages may call the API from a browser, separated by commas.",
    )

    @property
    def shows_graphiql(self) -> bool:
        """Whether GraphiQL is served. It sends texts of its own, so there is no use for it without them."""
        return self.graphiql and not self.trusted_documents_only

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before the environment, that before `.env`, that before the defaults."""
        return (init_settings, env_settings, dotenv_settings, file_secret_settings, DeployedDefaults(settings_cls))

    @field_validator("app_env", "log_level", "log_format", "smtp_security", mode="before")
    @classmethod
    def _accept_any_case(cls, value: object) -> object:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("host")
    @classmethod
    def _require_host(cls, value: str) -> str:
        if re.fullmatch(r"[A-Za-z0-9.:_-]+", value) is None:
            raise ValueError("must be a host name or an IP address.")
        return value

    @field_validator("database_url")
    @classmethod
    def _normalise_database_url(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None:
            return SecretStr(normalise_database_url(value.get_secret_value()))
        if not is_development(info.data):
            raise ValueError(f"is required in {info.data['app_env']}.")
        return None

    @field_validator("database_replica_url")
    @classmethod
    def _normalise_replica_url(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else SecretStr(normalise_database_url(value.get_secret_value()))

    @field_validator("secret_key", "jwt_secret_key")
    @classmethod
    def _refuse_weak_key(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        problem = find_weakness(value.get_secret_value(), strict=not is_development(info.data))
        if problem is not None:
            raise ValueError(problem)
        return value

    @field_validator("jwt_secret_key")
    @classmethod
    def _refuse_shared_key(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if value == info.data.get("secret_key"):
            raise ValueError("must not be the same as SECRET_KEY.")
        return value

    @field_validator("jwt_previous_keys")
    @classmethod
    def _refuse_weak_previous_keys(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        for key in [] if value is None else value.get_secret_value().split(","):
            cls._refuse_weak_key(SecretStr(key.strip()), info)
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _refuse_unusable_encryption_keys(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        problem = find_encryption_weakness(value.get_secret_value(), strict=not is_development(info.data))
        if problem is not None:
            raise ValueError(problem)
        return value

    @field_validator("metrics_token")
    @classmethod
    def _refuse_weak_token(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        return None if value is None else cls._refuse_weak_key(value, info)

    @field_validator("frontend_url")
    @classmethod
    def _require_frontend(cls, value: str, info: ValidationInfo) -> str:
        schemes = "https?" if is_development(info.data) else "https"
        if not value:
            raise ValueError(f"is required in {info.data['app_env']}.")
        if re.fullmatch(rf"{schemes}://[^/\s?#@]+(/[^\s?#]*)?", value) is None:
            raise ValueError("must be an address such as https://shop.example, without ? and #.")
        return value.rstrip("/")

    @field_validator("mail_from")
    @classmethod
    def _require_sender(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            raise ValueError(f"is required in {info.data['app_env']}.")
        try:
            parse_sender(value)
        except ValueError as error:
            raise ValueError("must be an address such as Selam's Shop <post@shop.example>.") from error
        return value

    @field_validator("smtp_host")
    @classmethod
    def _require_mail_server(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None:
            return cls._require_host(value)
        if not is_development(info.data):
            raise ValueError(f"is required in {info.data['app_env']}.")
        return None

    @field_validator("smtp_security")
    @classmethod
    def _refuse_open_mail(cls, value: SmtpSecurity, info: ValidationInfo) -> SmtpSecurity:
        if value == SmtpSecurity.NONE and not is_development(info.data) and info.data.get("smtp_host") not in LOOPBACK:
            raise ValueError("must be 'starttls' or 'tls' unless SMTP_HOST is this machine: mail opens accounts.")
        return value

    @field_validator("smtp_password")
    @classmethod
    def _require_username(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and info.data.get("smtp_username") is None:
            raise ValueError("needs SMTP_USERNAME.")
        return value

    @field_validator("google_client_secret", "apple_client_secret", "facebook_client_secret", "openid_client_secret")
    @classmethod
    def _require_both(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        client_id = str(info.field_name).replace("secret", "id")
        if value is not None and info.data.get(client_id) is None:
            raise ValueError(f"needs {client_id.upper()}.")
        if value is None and info.data.get(client_id) is not None:
            raise ValueError(f"is missing, and {client_id.upper()} is of no use without it.")
        return value

    @field_validator("openid_issuer")
    @classmethod
    def _require_issuer(cls, value: str | None) -> str | None:
        if value is not None and not _is_page(value):
            raise ValueError("must be an address such as https://accounts.example, without ? and #.")
        return value

    @field_validator("openid_client_id")
    @classmethod
    def _require_known_issuer(cls, value: str | None, info: ValidationInfo) -> str | None:
        if (value is None) != (info.data.get("openid_issuer") is None):
            raise ValueError("and OPENID_ISSUER need each other.")
        return value

    @field_validator("sign_in_redirect_uris")
    @classmethod
    def _require_pages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for uri in value:
            if not _is_page(uri):
                raise ValueError(f"has {uri!r}, which is no address such as https://shop.example/sign-in/callback.")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _require_proxies(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("require_https") and not value:
            raise ValueError("is missing, and REQUIRE_HTTPS is of no use without it: nobody says who came by TLS.")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _require_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if re.fullmatch(r"https?://[^/\s*]+", origin) is None:
                raise ValueError(f"has {origin!r}, which is no origin such as https://shop.example (without a path).")
        return value


def load_settings(overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings of this process, but for what the command line says. Raises SettingsError with every problem."""
    with explained_env_file():
        try:
            return Settings(**(overrides or {}))
        except ValidationError as error:
            raise SettingsError(explain(error)) from error


@contextmanager
def explained_env_file() -> Iterator[None]:
    """Turn what can go wrong while `.env` is read into a SettingsError."""
    try:
        yield
    except OSError as error:
        raise SettingsError({".env": f"cannot be read: {error.strerror}."}) from error
    except UnicodeDecodeError as error:
        raise SettingsError({".env": "cannot be read: it is not UTF-8."}) from error


def explain(error: ValidationError) -> dict[str, str]:
    """What is wrong, by the name of the setting."""
    return {str(one["loc"][0]).upper(): _sentence(one["msg"]) for one in error.errors(include_url=False)}


def is_development(earlier: Mapping[str, Any]) -> bool:
    """Whether the settings read so far say development. An APP_ENV that cannot be read is a problem of its own."""
    said = str(earlier.get("app_env", AppEnvironment.DEVELOPMENT)).strip().lower()
    return said not in {AppEnvironment.STAGING, AppEnvironment.PRODUCTION}


def find_weakness(key: str, *, strict: bool) -> str | None:
    """Why nobody should rely on that key, as a sentence without its subject; None when it seems fine."""
    if not key:
        return "is missing."
    if len(key) < SHORTEST_KEY:
        return f"has {len(key)} characters and needs at least {SHORTEST_KEY}."
    if not strict:
        return None
    if len(set(key)) < FEWEST_DIFFERENT_CHARACTERS or key in (key + key)[1:-1]:
        return "repeats the same characters and can be guessed."
    if PLACEHOLDERS.search(key):
        return "looks like a placeholder and can be guessed."
    return None


def find_encryption_weakness(keys: str, *, strict: bool) -> str | None:
    """Why nobody should rely on that ring of encryption keys, as `find_weakness` says it."""
    if not keys:
        return "is missing."
    known = parse_keys(DEVELOPMENT_ENCRYPTION_KEYS)
    try:
        ring = parse_keys(keys)
        Vault(ring)
    except VaultError as error:
        return f"cannot be used. {error}"
    is_guessable = any(len(set(key.secret)) < FEWEST_DIFFERENT_CHARACTERS or key in known for key in ring)
    return "has a key that can be guessed." if strict and is_guessable else None


def _is_page(address: str) -> bool:
    """Whether it is an address that can be trusted: encrypted, unless it is on this machine, and without a query."""
    found = re.fullmatch(r"(https?)://(\[[0-9a-f:]+\]|[^/\s?#@:]+)(:\d+)?(/[^\s?#]*)?", address)
    return found is not None and (found[1] == "https" or found[2].strip("[]") in LOOPBACK)


def _sentence(message: str) -> str:
    """A message of pydantic as the rest of a sentence that starts with the name of the setting."""
    text = message.removeprefix("Value error, ").replace("Input should be", "must be", 1).rstrip(".")
    return f"{text}."
