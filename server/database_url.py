"""The forms in which people write the address of a PostgreSQL database."""

from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

SCHEMES = ("postgres", "postgresql", "postgresql+asyncpg")

LIBPQ_ONLY = frozenset({"channel_binding", "connect_timeout", "gssencmode", "keepalives", "keepalives_idle"})
"""Parameters that hosting providers add for libpq. asyncpg would send them to the server, which refuses them."""


def normalise_database_url(value: str) -> str:
    """The address as `postgresql://…`.

    Raises ValueError, with a sentence for people that does not repeat the password.
    """
    parts = _split(value.strip())
    if parts.scheme not in SCHEMES:
        raise ValueError("must start with postgresql:// (or postgres://, postgresql+asyncpg://).")
    parameters = parse_qsl(parts.query, keep_blank_values=True)
    if not parts.path.strip("/"):
        raise ValueError("names no database: postgresql://user:password@host:5432/database.")
    if not parts.hostname and "host" not in dict(parameters):
        raise ValueError("names no host: postgresql://user:password@host:5432/database.")
    kept = [(name, text) for name, text in parameters if name not in LIBPQ_ONLY]
    query = urlencode(kept, safe="/", quote_via=quote)
    return f"postgresql://{parts.netloc}{parts.path}{'?' if query else ''}{query}"


def show_database_url(value: str) -> str:
    """The address without its password and parameters, for messages."""
    try:
        parts = _split(value)
    except ValueError:
        return "(unreadable)"
    where = parts.netloc.rpartition("@")[2] or dict(parse_qsl(parts.query)).get("host")
    return f"{where}{parts.path}" if where else "(unreadable)"


def _split(value: str) -> SplitResult:
    """The parts. A password with raw special characters would be taken for other parts, and shown as such."""
    try:
        parts = urlsplit(value)
        several_hosts = "," in parts.netloc
        readable = several_hosts or parts.port != 0
    except ValueError:
        readable = False
    if not readable or parts.fragment or "@" in parts.path + parts.query:
        raise ValueError(
            "cannot be read. Write special characters of the password percent-encoded: "
            "# as %23, / as %2F, ? as %3F, @ as %40."
        )
    return parts
