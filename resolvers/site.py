"""Mutations of where the shop's pages are."""

from typing import Unpack

from domain.site import SiteChanges, change_site
from models import Shop
from resolvers.context import Context


async def update_site(context: Context, **changes: Unpack[SiteChanges]) -> Shop:
    """Say where the pages are."""
    async with context.writing() as session:
        return await change_site(session, **changes)
