"""The identity providers that the settings name."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from domain.identity_providers import IdentityProviders
from integrations.openid import OpenIdProvider
from integrations.openid_presets import Provider, apple, facebook, google
from models import SocialProvider
from server.settings import Settings

CALLBACK = "/sign-in/callback"

PRESETS: Mapping[str, Callable[[str, str], Provider]] = MappingProxyType(
    {"google": google, "apple": apple, "facebook": facebook}
)


def build_identity_providers(settings: Settings) -> IdentityProviders:
    """Those that the shop has an account with, and where browsers come back to."""
    offered = {provider.kind: OpenIdProvider(provider) for provider in _configured(settings)}
    uris = settings.sign_in_redirect_uris or (f"{settings.frontend_url}{CALLBACK}",)
    return IdentityProviders(MappingProxyType(offered), frozenset(uris))


def _configured(settings: Settings) -> Iterator[Provider]:
    for name, preset in PRESETS.items():
        client_id, secret = getattr(settings, f"{name}_client_id"), getattr(settings, f"{name}_client_secret")
        if client_id is not None and secret is not None:
            yield preset(client_id, secret.get_secret_value())
    issuer, client_id, secret = settings.openid_issuer, settings.openid_client_id, settings.openid_client_secret
    if issuer is not None and client_id is not None and secret is not None:
        label = settings.openid_label
        yield Provider(SocialProvider.OPENID, label, issuer, client_id, secret.get_secret_value())
