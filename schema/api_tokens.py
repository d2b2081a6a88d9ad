"""API tokens: how machines act for an account."""

from datetime import datetime
from typing import Annotated

import strawberry

import models
from auth import api_tokens
from auth.errors import ApiTokenNotFoundError
from resolvers.input_rules import Rule
from resolvers.loading import Link
from schema.account_problems import AccountGone, TooManyAttempts, WrongPassword
from schema.declare import column, identifier, table, written
from schema.enums import Permission
from schema.inputs import choice, items, key, mutation_input, text
from schema.orders import descending
from schema.payloads import payload
from schema.problems import InvalidInput, Problem, problem
from schema.registration import LONGEST_PASSWORD

OWN_API_TOKENS = Link(models.ApiToken, lambda token, account: token.user_id == account)
NEWEST_FIRST = descending("api-token:newest", lambda token: token.created_at)


@table(models.ApiToken, "A token of which only the beginning can be read again.")
class ApiToken:
    """What is known of a token."""

    id: strawberry.ID = identifier()
    name: str = column("What its owner calls it.")
    prefix: str = column("How it begins, to know it again.")
    scopes: list[Permission] = column("What it may do, as long as its owner may.")
    created_at: datetime = column("When it was made.")
    expires_at: datetime = column("Until when it is good.")
    last_used_at: datetime | None = column("When it was last used, to the minute.")
    revoked_at: datetime | None = column("When its owner ended it.")


@payload(api_tokens.NewApiToken, "An API token that was just made.")
class NewApiToken:
    """The only time that it can be read."""

    text: str = strawberry.field(description="To be sent as `Authorization: Bearer …`. It is shown once.")
    api_token: ApiToken = written(models.ApiToken, lambda made: made.row.id, "What can be read of it again.")


@mutation_input("A token for a machine, and a proof that it is the owner who asks.")
class CreateApiTokenInput:
    """A new token."""

    name: str = text("What to call it, such as the machine.", longest=api_tokens.LONGEST_NAME, shortest=1)
    scopes: list[Permission] = items("What it may do. Nobody can give what they do not have.", Rule(), least=1)
    expires_at: datetime = choice("Until when it is good, a year at most.")
    password: str = text("The current password.", longest=LONGEST_PASSWORD)


@mutation_input("Which token to replace, and a proof that it is the owner who asks.")
class RotateApiTokenInput:
    """A token."""

    id: strawberry.ID = key("The token.", "ApiToken")
    password: str = text("The current password.", longest=LONGEST_PASSWORD)


@mutation_input("Which token to end.")
class RevokeApiTokenInput:
    """A token."""

    id: strawberry.ID = key("The token.", "ApiToken")


@problem(ApiTokenNotFoundError, "The account has no such token that is in use, or it was replaced already.")
class ApiTokenNotFound(Problem):
    """Look at the list again."""


CreateApiTokenResult = Annotated[
    NewApiToken | InvalidInput | WrongPassword | TooManyAttempts | AccountGone,
    strawberry.union("CreateApiTokenResult", description="The token, or why there is none."),
]
RotateApiTokenResult = Annotated[
    NewApiToken | InvalidInput | WrongPassword | TooManyAttempts | ApiTokenNotFound | AccountGone,
    strawberry.union("RotateApiTokenResult", description="Its successor, or why there is none."),
]
RevokeApiTokenResult = Annotated[
    ApiToken | InvalidInput | ApiTokenNotFound,
    strawberry.union("RevokeApiTokenResult", description="The ended token, or why there is nothing to end."),
]
