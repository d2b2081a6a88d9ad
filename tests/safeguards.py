"""Safeguards for tests: with keys that nobody else has, or with those that a server in development has."""

from auth.passwords import Passwords
from auth.previews import PreviewTokens
from auth.safeguards import Safeguards
from auth.tokens import AccessTokens
from domain.vault import Vault, VaultKey, parse_keys
from server.settings import DEVELOPMENT_ENCRYPTION_KEYS

SAFEGUARDS = Safeguards(
    Passwords(),
    AccessTokens(["d" * 40]),
    Vault(parse_keys(DEVELOPMENT_ENCRYPTION_KEYS)),
    PreviewTokens(["d" * 40]),
)
"""What it encrypts, servers of `settings_for` read."""


def made_safeguards() -> Safeguards:
    """Safeguards with keys of their own."""
    vault = Vault([VaultKey("now", bytes(range(32)))])
    return Safeguards(Passwords(), AccessTokens(["k" * 40]), vault, PreviewTokens(["k" * 40]))
