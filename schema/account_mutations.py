"""What people do to get an account, to get in, and to change how they get in."""

import strawberry

from auth.permissions import Gate
from resolvers import external_sign_in, password_changes, registration, sessions
from schema.declare import mutation
from schema.external_sign_in import (
    BeginExternalSignInInput,
    BeginExternalSignInResult,
    CompleteExternalSignInInput,
    CompleteExternalSignInResult,
    UnlinkIdentityInput,
    UnlinkIdentityResult,
)
from schema.password_changes import (
    AcceptInvitationInput,
    AcceptInvitationResult,
    ChangePasswordInput,
    ChangePasswordResult,
    RequestPasswordResetInput,
    RequestPasswordResetResult,
    ResetPasswordInput,
    ResetPasswordResult,
)
from schema.registration import (
    ChangeEmailInput,
    ChangeEmailResult,
    RequestVerificationInput,
    RequestVerificationResult,
    SignUpInput,
    SignUpResult,
    VerifyEmailInput,
    VerifyEmailResult,
)
from schema.sessions import RevokeSessionInput, RevokeSessionResult
from schema.sign_in import (
    CompleteSignInInput,
    CompleteSignInResult,
    RefreshSessionInput,
    RefreshSessionResult,
    SignInInput,
    SignInResult,
    SignOutInput,
    SignOutResult,
)


@strawberry.type
class AccountMutations:
    """Fields of the root of changes."""

    sign_up: SignUpResult | None = mutation(
        registration.sign_up,
        "Make an account, which has to be verified by a link that is sent.",
        input=SignUpInput,
        requires=Gate.PUBLIC,
        attempt=True,
    )
    request_verification: RequestVerificationResult | None = mutation(
        registration.request_verification,
        "Send the link that verifies an e-mail address once more.",
        input=RequestVerificationInput,
        requires=Gate.PUBLIC,
        attempt=True,
    )
    verify_email: VerifyEmailResult | None = mutation(
        registration.verify_email,
        "Prove an e-mail address with the link that was sent there: the first one, or one that replaces it.",
        input=VerifyEmailInput,
        requires=Gate.PUBLIC,
        attempt=True,
    )
    sign_in: SignInResult | None = mutation(
        sessions.sign_in,
        "Begin a session.",
        input=SignInInput,
        requires=Gate.PUBLIC,
        attempt=True,
    )
    complete_sign_in: CompleteSignInResult | None = mutation(
        sessions.complete_sign_in,
        "Begin the session that waits for a code of the second factor.",
        input=CompleteSignInInput,
        requires=Gate.PUBLIC,
        attempt=True,
    )
    begin_external_sign_in: BeginExternalSignInResult | None = mutation(
        external_sign_in.begin_external_sign_in,
        "Begin a session with an identity provider: says where to send the browser.",
        input=BeginExternalSignInInput,
        requires=Gate.PUBLIC,
    )
    complete_external_sign_in: CompleteExternalSignInResult | None = mutation(
        external_sign_in.complete_external_sign_in,
        "Begin a session with what the identity provider sent the browser back with.",
        input=CompleteExternalSignInInput,
        requires=Gate.PUBLIC,
        attempt=True,
    )
    unlink_identity: UnlinkIdentityResult | None = mutation(
        external_sign_in.unlink_identity,
        "Undo the link of one's own account with an identity provider.",
        input=UnlinkIdentityInput,
        requires=Gate.SIGNED_IN,
    )
    refresh_session: RefreshSessionResult | None = mutation(
        sessions.refresh_session,
        "Go on with a session, whose access token lives for minutes only.",
        input=RefreshSessionInput,
        requires=Gate.PUBLIC,
    )
    sign_out: SignOutResult | None = mutation(
        sessions.sign_out,
        "End a session.",
        input=SignOutInput,
        requires=Gate.PUBLIC,
    )
    revoke_session: RevokeSessionResult | None = mutation(
        sessions.revoke_session,
        "End one of one's own sessions, on another device for instance.",
        input=RevokeSessionInput,
        requires=Gate.SIGNED_IN,
    )
    request_password_reset: RequestPasswordResetResult | None = mutation(
        password_changes.request_password_reset,
        "Send a link by which the password can be set anew.",
        input=RequestPasswordResetInput,
        requires=Gate.PUBLIC,
        attempt=True,
    )
    reset_password: ResetPasswordResult | None = mutation(
        password_changes.reset_password,
        "Set the password with such a link. All sessions end.",
        input=ResetPasswordInput,
        requires=Gate.PUBLIC,
        attempt=True,
    )
    accept_invitation: AcceptInvitationResult | None = mutation(
        password_changes.reset_password,
        "Take over the account that somebody was invited to, by setting its password.",
        input=AcceptInvitationInput,
        requires=Gate.PUBLIC,
        attempt=True,
    )
    change_password: ChangePasswordResult | None = mutation(
        password_changes.change_password,
        "Replace one's own password. All other sessions end.",
        input=ChangePasswordInput,
        requires=Gate.SIGNED_IN,
        attempt=True,
    )
    change_email: ChangeEmailResult | None = mutation(
        registration.change_email,
        "Ask for another e-mail address. A link to it makes the change.",
        input=ChangeEmailInput,
        requires=Gate.SIGNED_IN,
        attempt=True,
    )
