"""Mutations that set another password."""

from auth import password_changes
from resolvers.context import Context
from resolvers.mutations import DONE, Done


async def request_password_reset(context: Context, *, email: str) -> Done:
    """Send a link by which the password can be set anew."""
    await password_changes.request_password_reset(context.writing, email, context.visit)
    return DONE


async def reset_password(context: Context, *, token: str, new_password: str) -> Done:
    """Set the password with such a link."""
    passwords = context.safeguards.passwords
    await password_changes.reset_password(context.writing, passwords, token, new_password, context.visit)
    return DONE


async def change_password(context: Context, *, current_password: str, new_password: str) -> Done:
    """Replace the viewer's password."""
    viewer = context.viewer
    await password_changes.change_password(
        context.writing,
        context.safeguards.passwords,
        viewer.account_id,
        viewer.session_id,
        current_password,
        new_password,
        context.visit,
    )
    return DONE
