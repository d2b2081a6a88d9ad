"""What permitted staff does to the accounts of others."""

from typing import Annotated

import strawberry

from auth.errors import AccountNotFoundError, EmailTakenError, OwnAccountError, RoleBeyondOwnError
from resolvers.staff import EndedSessions as EndedSessionsValue
from schema.account_problems import AccountGone, LastAdministrator, SessionEnded
from schema.accounts import Account
from schema.enums import Role
from schema.inputs import choice, key, mutation_input, text
from schema.payloads import payload
from schema.problems import InvalidInput, Problem, problem
from schema.registration import LONGEST_EMAIL


@payload(EndedSessionsValue, "The sessions of an account that were ended.")
class EndedSessions:
    """How many there were."""

    count: int = strawberry.field(description="How many sessions went on until now.")


@mutation_input("Who is to get an account.")
class InviteUserInput:
    """A colleague."""

    email: str = text("The e-mail address; a link is sent there.", longest=LONGEST_EMAIL, shortest=1)
    first_name: str = text("The first name.", longest=100, shortest=1)
    last_name: str = text("The last name.", longest=100, shortest=1)
    role: Role = choice("What the account is for.")


@mutation_input("Another role for an account.")
class ChangeUserRoleInput:
    """A role."""

    id: strawberry.ID = key("The account.", "Account")
    role: Role = choice("What the account is for from now on.")


@mutation_input("Whom to keep out.")
class DeactivateUserInput:
    """An account."""

    id: strawberry.ID = key("The account.", "Account")


@mutation_input("Whom to let in again.")
class ActivateUserInput:
    """An account."""

    id: strawberry.ID = key("The account.", "Account")


@mutation_input("Whose sessions to end.")
class EndUserSessionsInput:
    """An account."""

    id: strawberry.ID = key("The account.", "Account")


@problem(AccountNotFoundError, "There is no such account, or its owner deleted it.")
class AccountNotFound(Problem):
    """Look at the list again."""


@problem(EmailTakenError, "Somebody has an account with that e-mail address.")
class EmailTaken(Problem):
    """Change the role of that account."""


@problem(OwnAccountError, "Nobody does this to their own account, nor with an API token to its owner's.")
class OwnAccount(Problem):
    """Ask another administrator."""


@problem(RoleBeyondOwnError, "The account has, or is to get, a role that may do more than the viewer may.")
class RoleBeyondOwn(Problem):
    """Ask somebody who has it."""


InviteUserResult = Annotated[
    Account | InvalidInput | EmailTaken | RoleBeyondOwn | AccountGone | SessionEnded,
    strawberry.union("InviteUserResult", description="The account that waits for its owner, or why there is none."),
]
ChangeUserRoleResult = Annotated[
    Account | InvalidInput | AccountNotFound | OwnAccount | RoleBeyondOwn | LastAdministrator | SessionEnded,
    strawberry.union("ChangeUserRoleResult", description="The account, or why it has the role that it had."),
]
DeactivateUserResult = Annotated[
    Account | InvalidInput | AccountNotFound | OwnAccount | RoleBeyondOwn | LastAdministrator | SessionEnded,
    strawberry.union("DeactivateUserResult", description="The account, or why it is as it was."),
]
ActivateUserResult = Annotated[
    Account | InvalidInput | AccountNotFound | OwnAccount | RoleBeyondOwn | SessionEnded,
    strawberry.union("ActivateUserResult", description="The account, or why it is as it was."),
]
EndUserSessionsResult = Annotated[
    EndedSessions | InvalidInput | AccountNotFound | OwnAccount | RoleBeyondOwn | SessionEnded,
    strawberry.union("EndUserSessionsResult", description="How many sessions ended, or why none did."),
]
