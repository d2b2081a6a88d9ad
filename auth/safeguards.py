"""What the flows of accounts work with, made once from the settings and handed to each."""

from dataclasses import dataclass, field

from auth.passwords import Passwords
from auth.previews import PreviewTokens
from auth.tokens import AccessTokens
from domain.identity_providers import IdentityProviders
from domain.vault import Vault


@dataclass(frozen=True, slots=True)
class Safeguards:
    """The hasher of passwords, the writers of tokens, the vault of private columns, and who else may vouch."""

    passwords: Passwords
    access_tokens: AccessTokens
    vault: Vault
    preview_tokens: PreviewTokens
    identity_providers: IdentityProviders = field(default_factory=IdentityProviders)
