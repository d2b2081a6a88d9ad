"""The mutation of option schemas."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from domain import option_schemas
from domain.option_schemas import Surcharge
from models import Product
from resolvers.context import Context


async def set_product_option_schema(
    context: Context,
    *,
    product_id: UUID,
    definition: Mapping[str, Any] | None = None,
    surcharges: Sequence[Surcharge] = (),
    expected_version: int | None = None,
) -> Product:
    """Say what may be chosen of a product; nothing without a definition."""
    async with context.writing() as session:
        return await option_schemas.set_option_schema(session, product_id, definition, surcharges, expected_version)
