"""Getting an account, and its e-mail address."""

from typing import Annotated

import strawberry

from schema.account_problems import AccountGone, TokenRefused, TooManyAttempts, WrongPassword
from schema.inputs import mutation_input, text
from schema.payloads import Done
from schema.problems import InvalidInput

LONGEST_EMAIL = 255
LONGEST_PASSWORD = 128
LONGEST_TOKEN = 255


@mutation_input("What somebody tells of themselves to get an account.")
class SignUpInput:
    """A newcomer."""

    email: str = text("The e-mail address; a link is sent there.", longest=LONGEST_EMAIL, shortest=1)
    password: str = text("8 to 128 characters, and none that everybody chooses.", longest=LONGEST_PASSWORD)
    first_name: str = text("The first name.", longest=100, shortest=1)
    last_name: str = text("The last name.", longest=100, shortest=1)


@mutation_input("Where to send the link that verifies an address.")
class RequestVerificationInput:
    """An address."""

    email: str = text("The e-mail address.", longest=LONGEST_EMAIL, shortest=1)


@mutation_input("What the link in a letter holds.")
class VerifyEmailInput:
    """A proof."""

    token: str = text("The token of the link.", longest=LONGEST_TOKEN, shortest=1)


@mutation_input("Another e-mail address, and a proof of who asks.")
class ChangeEmailInput:
    """A change of address."""

    new_email: str = text("The new e-mail address; a link is sent there.", longest=LONGEST_EMAIL, shortest=1)
    password: str = text("The current password.", longest=LONGEST_PASSWORD)


SignUpResult = Annotated[
    Done | InvalidInput | TooManyAttempts,
    strawberry.union("SignUpResult", description="The same whether or not the address has an account."),
]
RequestVerificationResult = Annotated[
    Done | InvalidInput | TooManyAttempts,
    strawberry.union("RequestVerificationResult", description="The same whatever account the address has."),
]
VerifyEmailResult = Annotated[
    Done | InvalidInput | TokenRefused,
    strawberry.union("VerifyEmailResult", description="Whether the address is proved."),
]
ChangeEmailResult = Annotated[
    Done | InvalidInput | WrongPassword | TooManyAttempts | AccountGone,
    strawberry.union("ChangeEmailResult", description="The same whether or not the new address has an account."),
]
