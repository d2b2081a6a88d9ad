"""Which tax class a product is of."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.review_rules import ProductNotFoundError
from domain.tax_classes import TaxClassNotFoundError
from domain.violations import refused_by
from models import Product


async def set_product_tax_class(session: AsyncSession, product_id: UUID, tax_class_id: UUID | None) -> Product:
    """Say which class a product is of; None for the default one. Raises ProductNotFoundError, TaxClassNotFoundError."""
    moved = update(Product).where(Product.id == product_id).values(tax_class_id=tax_class_id).returning(Product)
    with refused_by({"fk_products_tax_class_id": TaxClassNotFoundError()}):
        product: Product | None = await session.scalar(moved, execution_options={"populate_existing": True})
    if product is None:
        raise ProductNotFoundError
    return product
