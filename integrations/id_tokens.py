"""ID tokens: whether one is genuine and was made for us and for this sign-in, and whom it is about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from domain.identity_providers import ProviderRefusedError, VouchedPerson
from integrations.openid_presets import Provider

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Of the signatures; all of them need the provider's private key."""

LEEWAY_SECONDS = 60
LONGEST_SUBJECT = 255

Claims = Mapping[str, Any]
"""JSON of somebody else, of which nothing is known before it is looked at."""


def read_id_token(provider: Provider, id_token: object, keys: Claims, nonce: str, now: datetime) -> VouchedPerson:
    """The person that the token is about, checked as OpenID Connect Core 1.0, 3.1.3.7 asks.

    Raises ProviderRefusedError.
    """
    registry = JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": provider.client_id},
        exp={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        claims = jwt.decode(str(id_token), KeySet.import_key_set(dict(keys)), ALGORITHMS).claims  # type: ignore[arg-type]
        registry.validate(claims)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ProviderRefusedError from error
    if _authorised_party(claims) != provider.client_id:
        raise ProviderRefusedError
    return _person(provider, claims)


def _authorised_party(claims: Claims) -> object:
    """Whom the token was given to: with several audiences, of which we are one, only `azp` says it."""
    audience = claims["aud"]
    only = audience[0] if isinstance(audience, list) and len(audience) == 1 else audience
    return claims.get("azp", only)


def _person(provider: Provider, claims: Claims) -> VouchedPerson:
    subject, email = claims["sub"], claims.get("email")
    if not isinstance(subject, str) or not 1 <= len(subject) <= LONGEST_SUBJECT:
        raise ProviderRefusedError
    return VouchedPerson(
        provider=provider.kind,
        subject=subject,
        email=email if isinstance(email, str) else None,
        is_email_verified=str(claims.get("email_verified")).lower() == "true",  # Apple writes it as a text
        first_name=str(claims.get("given_name") or claims.get("name") or ""),
        last_name=str(claims.get("family_name") or ""),
    )
