"""What the flows of accounts work with, made from the settings."""

from auth.passwords import Passwords
from auth.previews import PreviewTokens
from auth.safeguards import Safeguards
from auth.tokens import AccessTokens
from domain.vault import Vault, parse_keys
from server.identity_providers import build_identity_providers
from server.settings import Settings


def build_safeguards(settings: Settings) -> Safeguards:
    """What the settings say of each of them. One for each process is enough."""
    previous = settings.jwt_previous_keys.get_secret_value() if settings.jwt_previous_keys is not None else ""
    signing = [settings.jwt_secret_key.get_secret_value(), *(key.strip() for key in previous.split(",") if key.strip())]
    vault = Vault(parse_keys(settings.encryption_keys.get_secret_value()))
    previews = PreviewTokens(signing)
    return Safeguards(Passwords(), AccessTokens(signing), vault, previews, build_identity_providers(settings))
