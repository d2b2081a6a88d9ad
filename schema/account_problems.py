"""What stands in the way of people who want to get in, or to change how they get in."""

import strawberry

from auth.errors import (
    AccountGoneError,
    InvalidCredentialsError,
    LastAdministratorError,
    SessionEndedError,
    SessionNotFoundError,
    TokenRefusedError,
    TooManyAttemptsError,
    TotpStateError,
    WrongCodeError,
    WrongPasswordError,
)
from schema.problems import Problem, problem


@problem(AccountGoneError, "The account was deleted or deactivated since its owner signed in.")
class AccountGone(Problem):
    """Sign in again, or ask the shop."""


@problem(InvalidCredentialsError, "Nobody can sign in like this. It is not said what is wrong.")
class InvalidCredentials(Problem):
    """The address, the password, or the state of the account."""


@problem(TooManyAttemptsError, "Too much was tried in a short time.")
class TooManyAttempts(Problem):
    """Wait."""

    retry_after_seconds: int = strawberry.field(description="How long to wait before the next attempt.")


@problem(TokenRefusedError, "The link or code was used, is too old, or was overtaken by another change.")
class TokenRefused(Problem):
    """Ask for a new one."""


@problem(SessionEndedError, "The session has ended, so that it cannot go on.")
class SessionEnded(Problem):
    """Sign in again."""


@problem(SessionNotFoundError, "The account has no such session that goes on.")
class SessionNotFound(Problem):
    """It may have ended by itself."""


@problem(WrongPasswordError, "The current password is wrong.")
class WrongPassword(Problem):
    """Whoever is signed in has to show again who they are."""


@problem(WrongCodeError, "The code is wrong, or was used already.")
class WrongCode(Problem):
    """Each code is good once."""


@problem(TotpStateError, "The second factor is on already, or is not on, or was not begun.")
class TotpState(Problem):
    """Look at `hasSecondFactor`."""


@problem(LastAdministratorError, "It is the last active administrator, without whom nobody could appoint one.")
class LastAdministrator(Problem):
    """Appoint another one first."""
