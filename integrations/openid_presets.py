"""The OpenID providers that are known by name, and what is peculiar about each."""

from dataclasses import dataclass

from models import SocialProvider

SCOPE = "openid email profile"
IN_A_HEADER, IN_THE_BODY = "client_secret_basic", "client_secret_post"
"""Where the client's secret goes (OpenID Connect Core 1.0, section 9)."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider and our account there. Its addresses come from its discovery document, but for those given here."""

    kind: SocialProvider
    label: str
    issuer: str
    client_id: str
    client_secret: str
    token_endpoint: str | None = None
    scope: str = SCOPE
    response_mode: str | None = None
    """How the browser brings the code back, where that is not in the address."""
    secret_goes: str | None = None
    """Where the client's secret goes, if the discovery document does not say it."""


def google(client_id: str, client_secret: str) -> Provider:
    """Google (developers.google.com/identity/openid-connect)."""
    return Provider(SocialProvider.GOOGLE, "Google", "https://accounts.google.com", client_id, client_secret)


def apple(client_id: str, client_secret: str) -> Provider:
    """Apple, which gives name and address only to a page that takes a form (Sign in with Apple REST API).

    Its client secret is a token that is signed with a key of the developer account, and lasts for half a year.
    """
    return Provider(
        SocialProvider.APPLE,
        "Apple",
        "https://appleid.apple.com",
        client_id,
        client_secret,
        scope="openid email name",
        response_mode="form_post",
    )


def facebook(client_id: str, client_secret: str) -> Provider:
    """Facebook, whose discovery document leaves the token endpoint out (OIDC Token with Manual Flow).

    It never says whether it has verified an address.
    """
    return Provider(
        SocialProvider.FACEBOOK,
        "Facebook",
        "https://www.facebook.com",
        client_id,
        client_secret,
        token_endpoint="https://graph.facebook.com/v19.0/oauth/access_token",  # noqa: S106 - an address
        scope="openid email public_profile",
        secret_goes=IN_THE_BODY,
    )
