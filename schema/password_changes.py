"""Setting another password."""

from typing import Annotated

import strawberry

from schema.account_problems import AccountGone, TokenRefused, TooManyAttempts, WrongPassword
from schema.inputs import mutation_input, text
from schema.payloads import Done
from schema.problems import InvalidInput
from schema.registration import LONGEST_EMAIL, LONGEST_PASSWORD, LONGEST_TOKEN


@mutation_input("Whose password is forgotten.")
class RequestPasswordResetInput:
    """An address."""

    email: str = text("The e-mail address of the account.", longest=LONGEST_EMAIL, shortest=1)


@mutation_input("A new password, and the link that allows it.")
class ResetPasswordInput:
    """A reset."""

    token: str = text("The token of the link, or of a sign-in that asked for it.", longest=LONGEST_TOKEN, shortest=1)
    new_password: str = text("8 to 128 characters, and none that everybody chooses.", longest=LONGEST_PASSWORD)


@mutation_input("A first password, and the link that allows it.")
class AcceptInvitationInput:
    """An invitation that somebody follows."""

    token: str = text("The token of the link.", longest=LONGEST_TOKEN, shortest=1)
    new_password: str = text("8 to 128 characters, and none that everybody chooses.", longest=LONGEST_PASSWORD)


@mutation_input("A new password, and the one before.")
class ChangePasswordInput:
    """A change."""

    current_password: str = text("The current password.", longest=LONGEST_PASSWORD)
    new_password: str = text("8 to 128 characters, and none that everybody chooses.", longest=LONGEST_PASSWORD)


RequestPasswordResetResult = Annotated[
    Done | InvalidInput | TooManyAttempts,
    strawberry.union("RequestPasswordResetResult", description="The same whether or not there is such an account."),
]
ResetPasswordResult = Annotated[
    Done | InvalidInput | TokenRefused,
    strawberry.union("ResetPasswordResult", description="Whether the password is set. All sessions have ended then."),
]
AcceptInvitationResult = Annotated[
    Done | InvalidInput | TokenRefused,
    strawberry.union("AcceptInvitationResult", description="Whether the account is theirs now. They sign in to it."),
]
ChangePasswordResult = Annotated[
    Done | InvalidInput | WrongPassword | TooManyAttempts | AccountGone,
    strawberry.union("ChangePasswordResult", description="Whether the password is another. Other sessions have ended."),
]
