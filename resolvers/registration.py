"""Mutations by which people get an account."""

from auth import email_changes, verification
from auth import sign_up as signing_up
from auth.sign_up import Newcomer
from resolvers.context import Context
from resolvers.mutations import DONE, Done


async def sign_up(context: Context, *, email: str, password: str, first_name: str, last_name: str) -> Done:
    """Make an account, or tell the owner of the one that there is."""
    newcomer = Newcomer(email, password, first_name, last_name)
    await signing_up.sign_up(context.writing, context.safeguards.passwords, newcomer, context.visit)
    return DONE


async def request_verification(context: Context, *, email: str) -> Done:
    """Send the link that verifies an address again."""
    await verification.request_verification(context.writing, email, context.visit)
    return DONE


async def verify_email(context: Context, *, token: str) -> Done:
    """Take an address as proved."""
    async with context.writing() as session:
        await verification.verify_email(session, token, context.visit)
    return DONE


async def change_email(context: Context, *, new_email: str, password: str) -> Done:
    """Ask for another address, which has to be confirmed from there."""
    await email_changes.change_email(
        context.writing, context.safeguards, context.viewer.account_id, new_email, password, context.visit
    )
    return DONE
