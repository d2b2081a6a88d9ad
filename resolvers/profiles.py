"""Mutations of one's own profile."""

from typing import Unpack

from auth import profiles
from auth.profiles import ProfileChanges
from models import User
from resolvers.context import Context


async def update_profile(context: Context, **changes: Unpack[ProfileChanges]) -> User:
    """Change the viewer's own profile."""
    async with context.writing() as session:
        return await profiles.update_profile(session, context.viewer.account_id, **changes)
