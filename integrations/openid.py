"""OpenID Connect: the code flow with state, nonce and PKCE, against any provider that describes itself."""

import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from domain.identity_providers import (
    AuthorizationRequest,
    PendingSignIn,
    ProviderAwayError,
    ProviderRefusedError,
    VouchedPerson,
)
from integrations.guarded_http import CallRules, GuardedTransport, guarded_client
from integrations.id_tokens import read_id_token
from integrations.openid_presets import IN_A_HEADER, IN_THE_BODY, Provider
from models import SocialProvider

logger = logging.getLogger("merkato.accounts")

TIMEOUT_SECONDS = 5
KNOWN_RULES = CallRules(seconds=TIMEOUT_SECONDS)
"""For providers that are known by name, whose addresses are public."""

OPERATORS_RULES = CallRules(frozenset({"http", "https"}), reaches_private=True, seconds=TIMEOUT_SECONDS)
"""For the provider that the operator names: it may well stand in the same building, or on this machine."""

METADATA_SECONDS = 600
"""How long a discovery document is believed. Keys are asked for each time, so that new ones are known at once."""

SECRET_BYTES = 32
VERIFIER_BYTES = 64
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
DISCOVERY_PATH = "/.well-known/openid-configuration"

Json = Mapping[str, Any]
"""An object of somebody else, of which nothing is known before it is looked at."""


class OpenIdProvider:
    """Speaks with one provider, and remembers its discovery document for a while."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._rules = OPERATORS_RULES if provider.kind is SocialProvider.OPENID else KNOWN_RULES
        self._metadata: Json = {}
        self._metadata_until = 0.0

    @property
    def kind(self) -> SocialProvider:
        """Which one it is."""
        return self._provider.kind

    @property
    def label(self) -> str:
        """What people call it."""
        return self._provider.label

    async def begin(self, redirect_uri: str) -> AuthorizationRequest:
        """Where to send a browser that wants to sign in. Raises ProviderAwayError."""
        verifier = token_urlsafe(VERIFIER_BYTES)
        nonce, state = token_urlsafe(SECRET_BYTES), token_urlsafe(SECRET_BYTES)
        mode = {"response_mode": self._provider.response_mode} if self._provider.response_mode else {}
        async with self._understandable():
            metadata = await self._described()
            async with self._client(metadata, redirect_uri) as client:
                url, _state = client.create_authorization_url(
                    _address(metadata, "authorization_endpoint"),
                    state=state,
                    nonce=nonce,
                    code_verifier=verifier,
                    **mode,
                )
        return AuthorizationRequest(url, state, nonce, verifier)

    async def finish(self, pending: PendingSignIn, code: str, now: datetime) -> VouchedPerson:
        """Who the provider says came back with the code. Raises ProviderRefusedError and ProviderAwayError."""
        async with self._understandable():
            metadata = await self._described()
            id_token = await self._id_token(metadata, pending, code)
            keys = await self._json(_address(metadata, "jwks_uri"))
        return read_id_token(self._provider, id_token, keys, pending.nonce, now)

    async def _id_token(self, metadata: Json, pending: PendingSignIn, code: str) -> object:
        """What the provider gives for the code."""
        endpoint = self._provider.token_endpoint or _address(metadata, "token_endpoint")
        async with self._client(metadata, pending.redirect_uri) as client:
            try:
                token = await client.fetch_token(
                    endpoint, grant_type="authorization_code", code=code, code_verifier=pending.verifier
                )
            except AuthlibBaseError as error:
                raise ProviderRefusedError from error
        return token.get("id_token") if isinstance(token, dict) else None

    async def _described(self) -> Json:
        """The discovery document (OpenID Connect Discovery 1.0, section 4), which has to be of that issuer."""
        if time.monotonic() >= self._metadata_until:
            metadata = await self._json(f"{self._provider.issuer.rstrip('/')}{DISCOVERY_PATH}")
            if metadata.get("issuer") != self._provider.issuer:
                raise ValueError(f"the discovery document is of {metadata.get('issuer')!r}")
            self._metadata, self._metadata_until = metadata, time.monotonic() + METADATA_SECONDS
        return self._metadata

    @asynccontextmanager
    async def _understandable(self) -> AsyncIterator[None]:
        """Whatever goes wrong on the way to the provider, or is no answer of one, is its being away."""
        try:
            yield
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            logger.warning("Nobody can sign in with %s: %s", self.label, str(error) or repr(error))
            raise ProviderAwayError from error

    def _client(self, metadata: Json, redirect_uri: str) -> AsyncOAuth2Client:
        """A client that speaks OAuth 2 with the provider, once."""
        return AsyncOAuth2Client(
            self._provider.client_id,
            self._provider.client_secret,
            token_endpoint_auth_method=self._provider.secret_goes or _secret_goes(metadata),
            scope=self._provider.scope,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            transport=GuardedTransport(self._rules),
            timeout=None,  # the rules have one
            trust_env=False,
        )

    async def _json(self, url: str) -> Json:
        async with guarded_client(self._rules) as client:
            response = await client.get(url)
        found = response.raise_for_status().json()
        if not isinstance(found, dict):
            raise ValueError(f"{url} gives no object")  # noqa: TRY004 - what came from outside is no type of ours
        return found


def _address(metadata: Json, name: str) -> str:
    """An address of the discovery document: encrypted, unless it is on this machine."""
    url = str(metadata.get(name))
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ValueError(f"its {name} is {url}")
    return url


def _secret_goes(metadata: Json) -> str:
    """Where the provider looks for the client's secret: in a header, unless it takes it in the body only."""
    taken = metadata.get("token_endpoint_auth_methods_supported") or [IN_A_HEADER]
    return IN_A_HEADER if IN_A_HEADER in taken else IN_THE_BODY
