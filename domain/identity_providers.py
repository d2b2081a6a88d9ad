"""Identity providers: what one says of a person, and how a sign-in with it begins and ends. Values and the protocol."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from domain.errors import DomainError, invalid
from models import SocialProvider


class ProviderRefusedError(DomainError):
    """The provider did not vouch for anybody: the code is not its own, or what it said does not add up."""

    def __init__(self) -> None:
        super().__init__("The identity provider did not confirm who you are. Begin again.")


class ProviderAwayError(DomainError):
    """The provider does not answer, or says nothing that can be understood."""

    def __init__(self) -> None:
        super().__init__("The identity provider does not answer. Try again later, or sign in with your password.")


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """Where to send the browser, and what must fit together when it comes back: state, nonce and code verifier."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """A sign-in that has come back from the provider, with what it was sent away with."""

    provider: SocialProvider
    redirect_uri: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class VouchedPerson:
    """Somebody as a provider knows them. The e-mail address counts only when the provider has verified it."""

    provider: SocialProvider
    subject: str
    email: str | None
    is_email_verified: bool
    first_name: str
    last_name: str


class IdentityProvider(Protocol):
    """A provider that the shop has an account with."""

    @property
    def kind(self) -> SocialProvider:
        """Which one it is."""

    @property
    def label(self) -> str:
        """What people call it."""

    async def begin(self, redirect_uri: str) -> AuthorizationRequest:
        """Where to send a browser that wants to sign in. Raises ProviderAwayError."""

    async def finish(self, pending: PendingSignIn, code: str, now: datetime) -> VouchedPerson:
        """Who came back with the code. Raises ProviderRefusedError and ProviderAwayError."""


@dataclass(frozen=True, slots=True)
class IdentityProviders:
    """Those that the shop offers, and where a browser may be sent back to."""

    offered: Mapping[SocialProvider, IdentityProvider] = field(default_factory=lambda: MappingProxyType({}))
    redirect_uris: frozenset[str] = frozenset()

    def chosen(self, kind: SocialProvider) -> IdentityProvider:
        """The provider of that kind. Raises InvalidInputError."""
        found = self.offered.get(kind)
        if found is None:
            raise invalid("provider", f"Nobody can sign in here with {kind.value}. See `identityProviders`.")
        return found

    def require_redirect_uri(self, uri: str) -> None:
        """Refuse to send a browser, and with it a code, to anywhere else (RFC 9700, 2.1). Raises InvalidInputError."""
        if uri not in self.redirect_uris:
            raise invalid("redirect_uri", "Nobody comes back there. It must be one of SIGN_IN_REDIRECT_URIS, exactly.")
