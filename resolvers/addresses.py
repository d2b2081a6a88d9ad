"""Mutations of one's own address book."""

from typing import Unpack
from uuid import UUID

from auth import addresses
from auth.addresses import AddressChanges, AddressData, NewAddress
from models import Address
from resolvers.context import Context
from resolvers.mutations import DONE, Done


async def create_address(context: Context, **given: Unpack[NewAddress]) -> Address:
    """Add an entry to the viewer's address book."""
    vault = context.safeguards.vault
    async with context.writing() as session:
        return await addresses.add_address(session, vault, context.viewer.account_id, AddressData(**given))


async def update_address(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    **changes: Unpack[AddressChanges],
) -> Address:
    """Change an entry of it."""
    vault = context.safeguards.vault
    async with context.writing() as session:
        return await addresses.change_address(session, vault, context.viewer.account_id, id, **changes)


async def delete_address(context: Context, *, id: UUID) -> Done:  # noqa: A002 - what clients call it
    """Take an entry out of it."""
    async with context.writing() as session:
        await addresses.delete_address(session, context.viewer.account_id, id)
    return DONE
