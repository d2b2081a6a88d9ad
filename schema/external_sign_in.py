"""Sign-in with identity providers: which there are, going there, and coming back."""

from typing import Annotated

import strawberry

from auth.errors import EmailUnprovedError, ExternalSignInRefusedError, IdentityNotFoundError
from auth.external_sign_in import BegunSignIn
from domain.identity_providers import ProviderAwayError, ProviderRefusedError
from resolvers.refresh_cookies import RefreshTokenPlace
from schema.account_problems import TokenRefused, TooManyAttempts
from schema.declare import field
from schema.enums import SocialProvider
from schema.inputs import choice, key, mutation_input, text
from schema.payloads import Done, payload
from schema.problems import InvalidInput, Problem, problem
from schema.registration import LONGEST_TOKEN
from schema.sign_in import PasswordChangeNeeded, SecondFactorNeeded, SignedIn, place_of_refresh_token

LONGEST_ADDRESS = 2048
LONGEST_CODE = 4096
"""Nobody says how long a provider's code may be; Google's and Microsoft's are some hundreds of characters."""


@strawberry.type(description="An identity provider that people may sign in with.")
class IdentityProvider:
    """A button on the page of the sign-in."""

    kind: SocialProvider = field(lambda provider, _info: provider.kind, "Which one it is.")
    label: str = field(lambda provider, _info: provider.label, "What people call it.")


@payload(BegunSignIn, "A sign-in that goes on at the provider.")
class ExternalSignInBegun:
    """Where to go, and what to keep."""

    url: str = strawberry.field(description="Where to send the browser.")
    token: str = strawberry.field(
        description="To be kept by this browser, and sent with what it is sent back with, within ten minutes."
    )


@problem(ProviderAwayError, "The provider does not answer.")
class ProviderAway(Problem):
    """Try again later, or in another way."""


@problem(ProviderRefusedError, "The provider did not confirm who it is.")
class ProviderRefused(Problem):
    """Begin again."""


@problem(ExternalSignInRefusedError, "The provider confirmed who it is, and there is no account to let them into.")
class ExternalSignInRefused(Problem):
    """Sign in in another way."""


@problem(EmailUnprovedError, "The provider does not say whether the e-mail address is theirs: a letter asks.")
class EmailUnproved(Problem):
    """Sign in again once the letter was opened."""


@problem(IdentityNotFoundError, "The account is not linked like that.")
class IdentityNotFound(Problem):
    """It may have been unlinked already."""


@mutation_input("Where to go, and where to come back to.")
class BeginExternalSignInInput:
    """A provider and a page."""

    provider: SocialProvider = choice("One of `identityProviders`.")
    redirect_uri: str = text(
        "The page that takes what the provider sends the browser back with; the operator lists which may be.",
        longest=LONGEST_ADDRESS,
    )


@mutation_input("What the browser came back with.")
class CompleteExternalSignInInput:
    """A code, and what says that it is for this sign-in."""

    token: str = text("The token of `beginExternalSignIn`.", longest=LONGEST_TOKEN)
    state: str = text("`state`, as the provider gave it back.", longest=LONGEST_CODE)
    code: str = text("`code`, as the provider gave it.", longest=LONGEST_CODE)
    keep_refresh_token: RefreshTokenPlace | None = place_of_refresh_token()


@mutation_input("Which link to undo.")
class UnlinkIdentityInput:
    """A linked identity."""

    id: strawberry.ID = key("One of `viewer.identities`.", "LinkedIdentity")


BeginExternalSignInResult = Annotated[
    ExternalSignInBegun | InvalidInput | TooManyAttempts | ProviderAway,
    strawberry.union("BeginExternalSignInResult", description="Where to go, or why not."),
]
CompleteExternalSignInResult = Annotated[
    SignedIn
    | SecondFactorNeeded
    | PasswordChangeNeeded
    | InvalidInput
    | TokenRefused
    | TooManyAttempts
    | ProviderAway
    | ProviderRefused
    | ExternalSignInRefused
    | EmailUnproved,
    strawberry.union(
        "CompleteExternalSignInResult", description="A session, what has to come before it, or why there is none."
    ),
]
UnlinkIdentityResult = Annotated[
    Done | InvalidInput | IdentityNotFound,
    strawberry.union("UnlinkIdentityResult", description="Whether the link is undone. Signing in there makes it anew."),
]
