"""What the flows of accounts refuse. None of it tells whether an account exists to whoever does not own it."""

from datetime import timedelta

from domain.errors import DomainError
from models import Role


class InvalidCredentialsError(DomainError):
    """No such account, another password, an address that is not verified, an account that is not active: any of it."""

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong, or the address is not verified yet.")


class TooManyAttemptsError(DomainError):
    """Too much was tried in a short time."""

    def __init__(self, wait: timedelta) -> None:
        self.retry_after_seconds = max(1, round(wait.total_seconds()))
        super().__init__(f"There were too many attempts. Try again in {self.retry_after_seconds} seconds.")


class TokenRefusedError(DomainError):
    """A token that was never given out, was used, is over its time, or was overtaken by another change."""

    def __init__(self) -> None:
        super().__init__("This link or code is not valid any more. Ask for a new one.")


class AccountGoneError(DomainError):
    """The account was deleted or deactivated since its owner signed in."""

    def __init__(self) -> None:
        super().__init__("This account is not active any more.")


class SessionEndedError(DomainError):
    """The refresh token belongs to no session that goes on."""

    def __init__(self) -> None:
        super().__init__("This session has ended. Sign in again.")


class SessionNotFoundError(DomainError):
    """No session of the user has that id, or it has ended already."""

    def __init__(self) -> None:
        super().__init__("There is no such session that goes on.")


class WrongPasswordError(DomainError):
    """Whoever is signed in cannot confirm that it is them."""

    def __init__(self) -> None:
        super().__init__("The current password is wrong.")


class WrongCodeError(DomainError):
    """A code of the second factor that is wrong, or was used already."""

    def __init__(self) -> None:
        super().__init__("The code is wrong or was used already. Wait for the next one.")


class AddressNotFoundError(DomainError):
    """No address of the user has that id."""

    def __init__(self) -> None:
        super().__init__("There is no such address.")


class TooManyAddressesError(DomainError):
    """An address book is not a database."""

    def __init__(self, most: int) -> None:
        super().__init__(f"There are {most} addresses already, which is the most. Delete one first.")


class AccountNotFoundError(DomainError):
    """The staff means an account that is not there, or was deleted."""

    def __init__(self) -> None:
        super().__init__("There is no such account.")


class EmailTakenError(DomainError):
    """The staff invites somebody who has an account. Only those who may read accounts get to see this."""

    def __init__(self, email: str) -> None:
        super().__init__(f"There is an account with the address {email} already.")


class LastAdministratorError(DomainError):
    """Without an administrator nobody could appoint one."""

    def __init__(self) -> None:
        super().__init__("This is the last active administrator. Appoint another one first.")


class OwnAccountError(DomainError):
    """Staff does not change its own role or activity, nor does an API token touch the account of its owner."""

    def __init__(self) -> None:
        super().__init__("Nobody does this to their own account. Ask another administrator.")


class RoleBeyondOwnError(DomainError):
    """Nobody gives a role that may do more than they may, nor touches the account of somebody who has it."""

    def __init__(self, role: Role) -> None:
        super().__init__(f"The role {role.value} may do more than you may. Ask somebody who has it.")


class TotpStateError(DomainError):
    """The second factor is on already, or is not on, or was not begun."""


class ApiTokenNotFoundError(DomainError):
    """No API token of the user has that id, or it is of no use any more."""

    def __init__(self) -> None:
        super().__init__("There is no such API token that is in use.")


class ApiTokenRefusedError(DomainError):
    """An API token that is unknown, revoked, expired, or whose account is not active."""

    def __init__(self) -> None:
        super().__init__("The API token is not valid.")


class ExternalSignInRefusedError(DomainError):
    """The identity provider did not vouch for anybody whom we may let in."""


class EmailUnprovedError(DomainError):
    """The identity provider has not verified the e-mail address, so that a letter goes there."""

    def __init__(self) -> None:
        super().__init__("Open the letter that was sent to your e-mail address, then sign in again.")


class IdentityNotFoundError(DomainError):
    """No identity of the user has that id."""

    def __init__(self) -> None:
        super().__init__("The account is not linked like that.")
