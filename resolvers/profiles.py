"""Mutations of one's own account as a whole."""

from typing import Unpack

from auth import account_deletion, profiles
from auth.profiles import ProfileChanges
from models import User
from resolvers.context import Context
from resolvers.mutations import DONE, Done


async def update_profile(context: Context, **changes: Unpack[ProfileChanges]) -> User:
    """Change the viewer's own profile."""
    async with context.writing() as session:
        return await profiles.update_profile(session, context.safeguards.vault, context.viewer.account_id, **changes)


async def delete_my_account(context: Context, *, password: str) -> Done:
    """Make the viewer's account nobody's."""
    await account_deletion.delete_my_account(
        context.writing, context.safeguards, context.viewer.account_id, password, context.visit
    )
    return DONE
