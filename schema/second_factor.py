"""The second factor of one's own account."""

from typing import Annotated

import strawberry

from auth.totp import TotpSecret as TotpSecretValue
from resolvers.second_factor import RecoveryCodes as RecoveryCodesValue
from schema.account_problems import AccountGone, TooManyAttempts, TotpState, WrongCode, WrongPassword
from schema.inputs import mutation_input, text
from schema.payloads import Done, payload
from schema.problems import InvalidInput
from schema.registration import LONGEST_PASSWORD
from schema.sign_in import LONGEST_CODE


@payload(TotpSecretValue, "What an authenticator app needs. It is shown once.")
class TotpSecret:
    """A secret that waits to be confirmed."""

    secret: str = strawberry.field(description="The secret in base32, to be typed.")
    uri: str = strawberry.field(description="The same as an `otpauth:` address, to be shown as a QR code.")


@payload(RecoveryCodesValue, "Codes for whoever lost the authenticator app, each good once. They are shown once.")
class RecoveryCodes:
    """Ten codes."""

    codes: list[str] = strawberry.field(description="To be printed or written down.")


@mutation_input("A proof that it is the owner who asks.")
class BeginTotpInput:
    """A password."""

    password: str = text("The current password.", longest=LONGEST_PASSWORD)


@mutation_input("A proof that the authenticator app has the secret.")
class ConfirmTotpInput:
    """A code."""

    code: str = text("The code that the app shows.", longest=LONGEST_CODE)


@mutation_input("Both factors once more.")
class DisableTotpInput:
    """A password and a code."""

    password: str = text("The current password.", longest=LONGEST_PASSWORD)
    code: str = text("The code of the authenticator app, or a recovery code.", longest=LONGEST_CODE)


@mutation_input("Both factors once more.")
class ReplaceRecoveryCodesInput:
    """A password and a code."""

    password: str = text("The current password.", longest=LONGEST_PASSWORD)
    code: str = text("The code of the authenticator app, or a recovery code.", longest=LONGEST_CODE)


BeginTotpResult = Annotated[
    TotpSecret | InvalidInput | WrongPassword | TooManyAttempts | TotpState | AccountGone,
    strawberry.union("BeginTotpResult", description="A secret, or why there is none."),
]
ConfirmTotpResult = Annotated[
    RecoveryCodes | InvalidInput | WrongCode | TooManyAttempts | TotpState | AccountGone,
    strawberry.union("ConfirmTotpResult", description="Recovery codes, now that the second factor is on, or why not."),
]
DisableTotpResult = Annotated[
    Done | InvalidInput | WrongPassword | WrongCode | TooManyAttempts | TotpState | AccountGone,
    strawberry.union("DisableTotpResult", description="Whether the second factor is off."),
]
ReplaceRecoveryCodesResult = Annotated[
    RecoveryCodes | InvalidInput | WrongPassword | WrongCode | TooManyAttempts | TotpState | AccountGone,
    strawberry.union("ReplaceRecoveryCodesResult", description="New codes, or why there are none."),
]
