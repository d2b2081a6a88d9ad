"""What permitted staff does to the accounts of others."""

import strawberry

from auth.permissions import Permission
from resolvers import staff
from schema.declare import mutation
from schema.staff import (
    ActivateUserInput,
    ActivateUserResult,
    ChangeUserRoleInput,
    ChangeUserRoleResult,
    DeactivateUserInput,
    DeactivateUserResult,
    EndUserSessionsInput,
    EndUserSessionsResult,
    InviteUserInput,
    InviteUserResult,
)


@strawberry.type
class StaffMutations:
    """Fields of the root of changes."""

    invite_user: InviteUserResult | None = mutation(
        staff.invite_user,
        "Make an account for somebody, who is asked by letter to take it over.",
        input=InviteUserInput,
        requires=Permission.ACCOUNTS_WRITE,
    )
    change_user_role: ChangeUserRoleResult | None = mutation(
        staff.change_user_role,
        "Give an account another role. Its sessions end.",
        input=ChangeUserRoleInput,
        requires=Permission.ACCOUNTS_WRITE,
    )
    deactivate_user: DeactivateUserResult | None = mutation(
        staff.deactivate_user,
        "Keep the owner of an account out. Its sessions end, and its API tokens rest.",
        input=DeactivateUserInput,
        requires=Permission.ACCOUNTS_WRITE,
    )
    activate_user: ActivateUserResult | None = mutation(
        staff.activate_user,
        "Let the owner of an account in again.",
        input=ActivateUserInput,
        requires=Permission.ACCOUNTS_WRITE,
    )
    end_user_sessions: EndUserSessionsResult | None = mutation(
        staff.end_user_sessions,
        "End all sessions of an account.",
        input=EndUserSessionsInput,
        requires=Permission.ACCOUNTS_WRITE,
    )
