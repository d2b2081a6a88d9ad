"""Mutations of the accounts of others."""

from dataclasses import dataclass
from uuid import UUID

from auth import staff
from auth.staff import Invitee
from models import Role, User
from resolvers.context import Context


@dataclass(frozen=True, slots=True)
class EndedSessions:
    """How many sessions of an account have ended."""

    count: int


async def invite_user(context: Context, *, email: str, first_name: str, last_name: str, role: Role) -> User:
    """Make an account for somebody, who is asked by letter to take it over."""
    invitee = Invitee(email, first_name, last_name, role)
    async with context.writing() as session:
        return await staff.invite(session, context.viewer, invitee, context.visit)


async def change_user_role(context: Context, *, id: UUID, role: Role) -> User:  # noqa: A002 - what clients call it
    """Give an account another role."""
    async with context.writing() as session:
        return await staff.change_role(session, context.viewer, id, role, context.visit)


async def deactivate_user(context: Context, *, id: UUID) -> User:  # noqa: A002 - the same
    """Keep the owner of an account out."""
    async with context.writing() as session:
        return await staff.deactivate(session, context.viewer, id, context.visit)


async def activate_user(context: Context, *, id: UUID) -> User:  # noqa: A002 - the same
    """Let the owner of an account in again."""
    async with context.writing() as session:
        return await staff.activate(session, context.viewer, id, context.visit)


async def end_user_sessions(context: Context, *, id: UUID) -> EndedSessions:  # noqa: A002 - the same
    """End all sessions of an account."""
    async with context.writing() as session:
        return EndedSessions(await staff.end_sessions_of(session, context.viewer, id, context.visit))
