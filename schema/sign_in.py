"""Signing in, going on with a session, and signing out."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

import models
from auth import admission, sessions
from resolvers.refresh_cookies import RefreshTokenPlace
from schema.account_problems import InvalidCredentials, SessionEnded, TokenRefused, TooManyAttempts, WrongCode
from schema.accounts import Account
from schema.declare import field, written
from schema.inputs import choice, mutation_input, text
from schema.payloads import Done, payload
from schema.problems import InvalidInput
from schema.registration import LONGEST_EMAIL, LONGEST_PASSWORD, LONGEST_TOKEN
from schema.sessions import Session

LONGEST_CODE = 64


def refresh_token_of(signed_in: sessions.SignedIn, info: Any) -> str | None:
    """The refresh token, unless a cookie holds it."""
    held = info.context.refresh_cookie.holds(signed_in.refresh_token)
    return None if held else signed_in.refresh_token


@payload(sessions.SignedIn, "A session, and the tokens that it is used with.")
class SignedIn:
    """What a client keeps."""

    access_token: str = field(
        lambda signed_in, _info: signed_in.access.text, "To be sent as `Authorization: Bearer …` with each request."
    )
    access_token_expires_at: datetime = field(
        lambda signed_in, _info: signed_in.access.expires_at, "Until when it is believed; refresh the session before."
    )
    refresh_token: str | None = field(
        refresh_token_of, "Gives new tokens, once. Null when a cookie holds it. Keep it where no script can read it."
    )
    refresh_expires_at: datetime = strawberry.field(description="Until when it can be used.")
    session: Session = written(
        models.UserSession,
        lambda signed_in: signed_in.session_id,
        "The session itself, to know it again among those of the account.",
    )
    account: Account = written(models.User, lambda signed_in: signed_in.user_id, "Whose session it is.")


@payload(admission.SecondFactorNeeded, "The password was right. A code of the second factor has to follow.")
class SecondFactorNeeded:
    """The step before a session."""

    challenge: str = strawberry.field(description="For `completeSignIn` with the code, within five minutes.")


@payload(admission.PasswordChangeNeeded, "The password was right, and has to be replaced before anything else.")
class PasswordChangeNeeded:
    """Somebody else chose the password."""

    token: str = strawberry.field(description="For `resetPassword`, within ten minutes.")


def place_of_refresh_token() -> Any:
    """The field of an input that says where a new refresh token goes."""
    return choice("Where the refresh token goes: `PAYLOAD` unless a browser wants it in a cookie that no script reads.")


@mutation_input("How somebody proves who they are.")
class SignInInput:
    """A password and whose it is."""

    email: str = text("The e-mail address of the account.", longest=LONGEST_EMAIL)
    password: str = text("The password.", longest=LONGEST_PASSWORD)
    keep_refresh_token: RefreshTokenPlace | None = place_of_refresh_token()


@mutation_input("The second step of signing in.")
class CompleteSignInInput:
    """A code for a challenge."""

    challenge: str = text("The challenge that the first step gave.", longest=LONGEST_TOKEN)
    code: str = text("The code of the authenticator app, or a recovery code.", longest=LONGEST_CODE)
    keep_refresh_token: RefreshTokenPlace | None = place_of_refresh_token()


@mutation_input("The session to go on with.")
class RefreshSessionInput:
    """A refresh token."""

    refresh_token: str | None = text(
        "The refresh token that came last. Without it that of the cookie is taken, which then gets the next one.",
        longest=LONGEST_TOKEN,
    )


@mutation_input("The session to end.")
class SignOutInput:
    """A refresh token."""

    refresh_token: str | None = text(
        "The refresh token that came last. Without it that of the cookie is taken, which is then deleted.",
        longest=LONGEST_TOKEN,
    )


SignInResult = Annotated[
    SignedIn | SecondFactorNeeded | PasswordChangeNeeded | InvalidInput | InvalidCredentials | TooManyAttempts,
    strawberry.union("SignInResult", description="A session, what has to come before it, or why there is none."),
]
CompleteSignInResult = Annotated[
    SignedIn | InvalidInput | TokenRefused | WrongCode | TooManyAttempts,
    strawberry.union("CompleteSignInResult", description="A session, or why there is none."),
]
RefreshSessionResult = Annotated[
    SignedIn | InvalidInput | SessionEnded,
    strawberry.union("RefreshSessionResult", description="New tokens, or why there are none."),
]
SignOutResult = Annotated[
    Done | InvalidInput, strawberry.union("SignOutResult", description="The same if the session had ended already.")
]
