"""Sign-in with an OpenID provider: a real one on loopback, and whose account it opens."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.admission import Admission
from auth.errors import EmailUnprovedError, ExternalSignInRefusedError, TokenRefusedError, TooManyAttemptsError
from auth.external_sign_in import begin_external_sign_in, complete_external_sign_in
from auth.password_changes import request_password_reset, reset_password
from auth.safeguards import Safeguards
from auth.sessions import SignedIn
from auth.verification import verify_email
from auth.visits import Visit
from domain.errors import InvalidInputError
from domain.identity_providers import IdentityProviders, PendingSignIn, ProviderAwayError, ProviderRefusedError
from integrations.openid import OpenIdProvider
from integrations.openid_presets import Provider
from models import ExternalIdentity, ExternalSignIn, SecurityEvent, SocialProvider, User
from tests.auth.accounts import add_account, events, last_token, letters, transactions
from tests.factories import writing
from tests.openid_provider import REDIRECT, add_person, agree, running_provider
from tests.statements import count_rows

OPENID = SocialProvider.OPENID


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A real OpenID provider."""
    with running_provider() as issuer:
        yield issuer


class Browser:
    """A browser that signs in: what it keeps, and what the provider sends it back with."""

    def __init__(self, engine: AsyncEngine, safeguards: Safeguards, provider: OpenIdProvider) -> None:
        offered = IdentityProviders(MappingProxyType({OPENID: provider}), frozenset({REDIRECT}))
        self.engine, self.safeguards = engine, replace(safeguards, identity_providers=offered)
        self.visit = Visit(datetime.now(UTC), "196.188.1.1", "Firefox on Linux")
        self.token = self.state = self.code = ""

    async def leave(self, subject: str) -> None:
        """Begin a sign-in and agree to it at the provider, as that person."""
        begun = await begin_external_sign_in(transactions(self.engine), self.safeguards, OPENID, REDIRECT, self.visit)
        self.token = begun.token
        self.state, self.code = agree(begun.url, subject)

    async def come_back(self, *, state: str | None = None, visit: Visit | None = None) -> Admission:
        """Bring what the provider gave."""
        back = (self.token, self.state if state is None else state, self.code)
        return await complete_external_sign_in(transactions(self.engine), self.safeguards, *back, visit or self.visit)

    async def signed_in(self, subject: str) -> SignedIn:
        """Both."""
        await self.leave(subject)
        admission = await self.come_back()
        assert isinstance(admission, SignedIn)
        return admission

    def wait(self, time: timedelta) -> None:
        """Let time pass."""
        self.visit = replace(self.visit, at=self.visit.at + time)


@pytest.fixture
def browser(engine: AsyncEngine, safeguards: Safeguards, issuer: str) -> Browser:
    """A browser on an empty shop."""
    return Browser(engine, safeguards, OpenIdProvider(Provider(OPENID, "Mock", issuer, "shop", "secret")))


async def test_first_sign_in_makes_an_account_and_the_next_finds_it(browser: Browser, issuer: str) -> None:
    add_person(issuer, "1", email="Selam@example.com", email_verified=True, given_name="Selam", family_name="Tesfaye")

    once, again = await browser.signed_in("1"), await browser.signed_in("1")

    assert once.user_id == again.user_id
    async with writing(browser.engine) as session:
        [user] = await session.scalars(select(User))
        [identity] = await session.scalars(select(ExternalIdentity))
    assert (user.email, user.first_name, user.last_name) == ("selam@example.com", "Selam", "Tesfaye")
    assert (user.is_email_verified, user.password_hash, user.social_provider) == (True, None, OPENID)
    assert (identity.user_id, identity.subject) == (user.id, "1")
    assert await count_rows(browser.engine, ExternalSignIn) == 0


async def test_verified_address_links_a_verified_account_to_one_person(browser: Browser, issuer: str) -> None:
    owner = await add_account(browser.engine, browser.safeguards, email="owner@example.com")
    add_person(issuer, "owner", email="owner@example.com", email_verified=True)
    add_person(issuer, "other", email="owner@example.com", email_verified=True)

    assert (await browser.signed_in("owner")).user_id == owner.id
    with pytest.raises(ExternalSignInRefusedError):
        await browser.signed_in("other")

    assert SecurityEvent.IDENTITY_LINKED in await events(browser.engine)
    assert (await events(browser.engine))[-1] is SecurityEvent.SIGN_IN_FAILED
    async with writing(browser.engine) as session:
        user = await session.get_one(User, owner.id)
    assert user.password_hash == owner.password_hash


async def test_account_that_was_never_verified_loses_its_password(browser: Browser, issuer: str) -> None:
    """Or whoever signed up with somebody's address would share the account with its owner."""
    squatter = await add_account(
        browser.engine, browser.safeguards, email="victim@example.com", is_email_verified=False
    )
    add_person(issuer, "victim", email="victim@example.com", email_verified=True)

    assert (await browser.signed_in("victim")).user_id == squatter.id

    async with writing(browser.engine) as session:
        user = await session.get_one(User, squatter.id)
    assert (user.password_hash, user.is_email_verified) == (None, True)


async def test_address_that_is_not_verified_is_asked_by_letter(browser: Browser, issuer: str) -> None:
    add_person(issuer, "new", email="new@example.com")
    with pytest.raises(EmailUnprovedError):
        await browser.signed_in("new")
    browser.wait(timedelta(minutes=1))
    with pytest.raises(EmailUnprovedError):
        await browser.signed_in("new")
    assert [letter["to"] for letter in await letters(browser.engine)] == ["new@example.com"] * 2

    async with writing(browser.engine) as session:
        await verify_email(session, await last_token(browser.engine), browser.visit)
    assert (await browser.signed_in("new")).user_id


async def test_address_that_is_not_verified_opens_no_account_of_another(browser: Browser, issuer: str) -> None:
    await add_account(browser.engine, browser.safeguards, email="owner@example.com")
    add_person(issuer, "thief", email="owner@example.com", email_verified=False)
    add_person(issuer, "nobody")

    with pytest.raises(EmailUnprovedError):
        await browser.signed_in("thief")
    with pytest.raises(ExternalSignInRefusedError):
        await browser.signed_in("nobody")

    assert [letter["template"] for letter in await letters(browser.engine)] == ["already_registered"]
    assert await count_rows(browser.engine, ExternalIdentity) == 0


async def test_owner_who_sets_a_password_by_letter_is_rid_of_whoever_gave_the_address(
    browser: Browser, issuer: str
) -> None:
    add_person(issuer, "squatter", email="mine@example.com")
    with pytest.raises(EmailUnprovedError):
        await browser.signed_in("squatter")
    passwords = browser.safeguards.passwords
    browser.wait(timedelta(minutes=1))
    await request_password_reset(transactions(browser.engine), "mine@example.com", browser.visit)
    token = await last_token(browser.engine)
    await reset_password(transactions(browser.engine), passwords, token, "eleven goats on a hill", browser.visit)

    browser.wait(timedelta(minutes=1))
    with pytest.raises(EmailUnprovedError):
        await browser.signed_in("squatter")
    assert await count_rows(browser.engine, ExternalIdentity) == 0


async def test_coming_back_works_once_with_its_state_and_in_time(browser: Browser, issuer: str) -> None:
    add_person(issuer, "once", email="once@example.com", email_verified=True)

    await browser.leave("once")
    for state in ("another state", browser.state):
        with pytest.raises(TokenRefusedError):
            await browser.come_back(state=state)
    await browser.leave("once")
    late = replace(browser.visit, at=browser.visit.at + timedelta(seconds=601))
    with pytest.raises(TokenRefusedError):
        await browser.come_back(visit=late)
    await browser.leave("once")
    browser.code = "not a code of the provider"
    with pytest.raises(ProviderRefusedError):
        await browser.come_back()
    assert await count_rows(browser.engine, User) == 0


async def test_beginning_too_often_is_throttled_and_goes_nowhere_else(browser: Browser) -> None:
    async def begin(provider: SocialProvider = OPENID, redirect_uri: str = REDIRECT) -> None:
        await begin_external_sign_in(
            transactions(browser.engine), browser.safeguards, provider, redirect_uri, browser.visit
        )

    with pytest.raises(InvalidInputError, match="redirect_uri"):
        await begin(redirect_uri=f"{REDIRECT}/")
    with pytest.raises(InvalidInputError, match="provider"):
        await begin(SocialProvider.GOOGLE)
    for _ in range(10):
        await begin()
    with pytest.raises(TooManyAttemptsError):
        await begin()
    assert await count_rows(browser.engine, ExternalSignIn) == 10


async def test_token_for_another_sign_in_is_refused(browser: Browser, issuer: str) -> None:
    add_person(issuer, "nonce", email="nonce@example.com", email_verified=True)
    provider = OpenIdProvider(Provider(OPENID, "Mock", issuer, "shop", "secret"))
    request = await provider.begin(REDIRECT)
    _state, code = agree(request.url, "nonce")

    with pytest.raises(ProviderRefusedError):
        await provider.finish(
            PendingSignIn(OPENID, REDIRECT, "another nonce", request.verifier), code, browser.visit.at
        )


@pytest.mark.parametrize("issuer_away", ["http://localhost:9", "https://nowhere.invalid", "nonsense", "http://[bad"])
async def test_provider_that_does_not_answer_is_told(issuer_away: str) -> None:
    with pytest.raises(ProviderAwayError):
        await OpenIdProvider(Provider(OPENID, "Mock", issuer_away, "shop", "secret")).begin(REDIRECT)
