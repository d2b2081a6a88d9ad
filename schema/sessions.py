"""Sessions: signing in, going on, and signing out."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Any

import strawberry

import models
from auth import admission, sessions
from resolvers.loading import load_row
from schema.account_problems import InvalidCredentials, SessionEnded, SessionNotFound, TooManyAttempts
from schema.accounts import Account, Session
from schema.declare import field
from schema.inputs import key, mutation_input, text
from schema.payloads import Done, payload
from schema.problems import InvalidInput
from schema.registration import LONGEST_EMAIL, LONGEST_PASSWORD, LONGEST_TOKEN


def account_of(signed_in: sessions.SignedIn, info: Any) -> Awaitable[models.User]:
    """The account that the session is of."""
    return load_row(info.context, models.User, "id", signed_in.user_id)


@payload(sessions.SignedIn, "A session, and the tokens that it is used with.")
class SignedIn:
    """What a client keeps."""

    access_token: str = field(
        lambda signed_in, _info: signed_in.access.text, "To be sent as `Authorization: Bearer …` with each request."
    )
    access_token_expires_at: datetime = field(
        lambda signed_in, _info: signed_in.access.expires_at, "Until when it is believed; refresh the session before."
    )
    refresh_token: str = strawberry.field(description="Gives new tokens, once. Keep it where no script can read it.")
    refresh_expires_at: datetime = strawberry.field(description="Until when it can be used.")
    account: Account = field(account_of, "Whose session it is.")


@payload(admission.SecondFactorNeeded, "The password was right. A code of the second factor has to follow.")
class SecondFactorNeeded:
    """The step before a session."""

    challenge: str = strawberry.field(description="To be sent with the code, within five minutes.")


@payload(admission.PasswordChangeNeeded, "The password was right, and has to be replaced before anything else.")
class PasswordChangeNeeded:
    """Somebody else chose the password."""

    token: str = strawberry.field(description="For `resetPassword`, within ten minutes.")


@mutation_input("How somebody proves who they are.")
class SignInInput:
    """A password and whose it is."""

    email: str = text("The e-mail address of the account.", longest=LONGEST_EMAIL)
    password: str = text("The password.", longest=LONGEST_PASSWORD)


@mutation_input("The session to go on with.")
class RefreshSessionInput:
    """A refresh token."""

    refresh_token: str = text("The refresh token that came last.", longest=LONGEST_TOKEN)


@mutation_input("The session to end.")
class SignOutInput:
    """A refresh token."""

    refresh_token: str = text("The refresh token that came last.", longest=LONGEST_TOKEN)


@mutation_input("Which of one's own sessions to end.")
class RevokeSessionInput:
    """A session."""

    id: strawberry.ID = key("The session.", "Session")


SignInResult = Annotated[
    SignedIn | SecondFactorNeeded | PasswordChangeNeeded | InvalidInput | InvalidCredentials | TooManyAttempts,
    strawberry.union("SignInResult", description="A session, what has to come before it, or why there is none."),
]
RefreshSessionResult = Annotated[
    SignedIn | InvalidInput | SessionEnded,
    strawberry.union("RefreshSessionResult", description="New tokens, or why there are none."),
]
SignOutResult = Annotated[
    Done | InvalidInput, strawberry.union("SignOutResult", description="The same if the session had ended already.")
]
RevokeSessionResult = Annotated[
    Session | InvalidInput | SessionNotFound,
    strawberry.union("RevokeSessionResult", description="The ended session, or why there is none."),
]
