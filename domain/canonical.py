"""Where the page of a row is, as SQL."""

from typing import Any

from sqlalchemy import ColumnElement, Text, func, select

from domain.paths import ADDRESSED, SLUG
from models import Shop
from models.shop import SHOP_ID

_PATTERNS = {model.__tablename__: setting for model, setting in ADDRESSED.items()}


def canonical_url(row: Any) -> ColumnElement[str]:
    """The address of the row's page, percent-encoded as `path_of` does it; null while the shop has no site."""
    pattern = getattr(Shop, _PATTERNS[row.__tablename__])
    path = func.encoded_path(func.replace(pattern, SLUG, row.slug), type_=Text)
    address = select(Shop.site_url.concat(path)).where(Shop.id == SHOP_ID).correlate_except(Shop)
    return address.scalar_subquery()


def shop_name() -> ColumnElement[str]:
    """What the shop is called."""
    return select(Shop.name).where(Shop.id == SHOP_ID).correlate_except(Shop).scalar_subquery()
