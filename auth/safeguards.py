"""What the flows of accounts work with, made once from the settings and handed to each."""

from dataclasses import dataclass

from auth.passwords import Passwords
from auth.tokens import AccessTokens
from domain.vault import Vault


@dataclass(frozen=True, slots=True)
class Safeguards:
    """The hasher of passwords, the writer of access tokens, and the vault of private columns."""

    passwords: Passwords
    access_tokens: AccessTokens
    vault: Vault
