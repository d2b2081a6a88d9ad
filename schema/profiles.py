"""Changes of one's own account as a whole."""

from typing import Annotated

import strawberry

from auth.profiles import UsernameTakenError
from schema.account_problems import AccountGone, LastAdministrator, TooManyAttempts, WrongPassword
from schema.accounts import Account
from schema.inputs import mutation_input, text
from schema.payloads import Done
from schema.problems import InvalidInput, Problem, problem
from schema.registration import LONGEST_PASSWORD


@mutation_input("What one's own account tells. What is left out stays as it is.")
class UpdateProfileInput:
    """Changes of a profile."""

    first_name: str | None = text("The first name.", longest=100, shortest=1)
    last_name: str | None = text("The last name.", longest=100, shortest=1)
    username: str | None = text("A name of one's own choosing; null for none.", longest=150, shortest=1, clearable=True)
    phone: str | None = text("A phone number; null for none.", longest=50, shortest=1, clearable=True)
    avatar_url: str | None = text(
        "The address of a picture, from https:// or /; null for none.", longest=500, shortest=1, clearable=True
    )


@mutation_input("A proof that it is the owner who asks.")
class DeleteMyAccountInput:
    """A password."""

    password: str = text("The current password.", longest=LONGEST_PASSWORD)


@problem(UsernameTakenError, "Another account has the username.")
class UsernameTaken(Problem):
    """Choose another."""

    taken: str = strawberry.field(description="The name that is taken.")


UpdateProfileResult = Annotated[
    Account | InvalidInput | UsernameTaken | AccountGone,
    strawberry.union("UpdateProfileResult", description="The changed account, or why it was not changed."),
]
DeleteMyAccountResult = Annotated[
    Done | InvalidInput | WrongPassword | TooManyAttempts | AccountGone | LastAdministrator,
    strawberry.union("DeleteMyAccountResult", description="Whether the account is nobody's now."),
]
