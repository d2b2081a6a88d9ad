"""Where the shop's pages are."""

import re
from typing import TypedDict, Unpack

from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import InvalidField, InvalidInputError
from domain.paths import SLUG
from models import Shop
from models.shop import PATHS, SHOP_ID

PATTERN = re.compile(r"/[^{}?#%\s\\]*\{slug\}[^{}?#%\s\\]*")
SITE_URL = re.compile(r"https?://[^/?#\s]+(/[^?#\s]*[^/?#\s])?")
SITE_MESSAGE = "It must be an address such as https://shop.example, without ?, # and a slash at its end."
PATTERN_MESSAGE = f"It must begin with a slash and hold {SLUG} once, without ?, #, %, \\ and spaces."


class SiteChanges(TypedDict, total=False):
    """What of it is changed."""

    site_url: str | None
    product_path: str
    category_path: str
    service_path: str
    post_path: str
    post_category_path: str
    author_path: str
    page_path: str


async def change_site(session: AsyncSession, **changes: Unpack[SiteChanges]) -> Shop:
    """Say where pages are from now on. Raises InvalidInputError. Nothing redirects from the paths of before."""
    wrong = list(_wrong(changes))
    if wrong:
        raise InvalidInputError(wrong)
    shop = await session.get_one(Shop, SHOP_ID, with_for_update=True)
    for name, value in changes.items():
        setattr(shop, name, value)
    shop.version += 1
    await session.flush()
    return shop


def _wrong(changes: SiteChanges) -> list[InvalidField]:
    site_url = changes.get("site_url")
    unfit = [] if site_url is None or SITE_URL.fullmatch(site_url) else [InvalidField(("site_url",), SITE_MESSAGE)]
    given = {name: str(value) for name, value in changes.items() if name in PATHS}
    return unfit + [
        InvalidField((name,), PATTERN_MESSAGE) for name, value in given.items() if not PATTERN.fullmatch(value)
    ]
