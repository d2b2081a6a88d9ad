"""Mutations of tax classes and rates, by the staff."""

from decimal import Decimal
from typing import Unpack
from uuid import UUID

from domain import product_taxes, tax_classes
from domain.tax_classes import TaxClassChanges
from models import Product, TaxClass
from resolvers.context import Context
from resolvers.mutations import DONE, Done


async def create_tax_class(context: Context, *, name: str, code: str, is_default: bool = False) -> TaxClass:
    """Make a class."""
    async with context.writing() as session:
        return await tax_classes.create_tax_class(session, name=name, code=code, is_default=is_default)


async def update_tax_class(
    context: Context,
    *,
    id: UUID,  # noqa: A002 - what clients call it
    expected_version: int,
    **changes: Unpack[TaxClassChanges],
) -> TaxClass:
    """Change it."""
    async with context.writing() as session:
        return await tax_classes.change_tax_class(session, id, expected_version, **changes)


async def delete_tax_class(context: Context, *, id: UUID) -> Done:  # noqa: A002 - what clients call it
    """Delete it with its rates."""
    async with context.writing() as session:
        await tax_classes.delete_tax_class(session, id)
    return DONE


async def set_tax_rate(
    context: Context, *, tax_class: UUID, country_code: str, percent: Decimal | None = None
) -> TaxClass:
    """State a rate, or take it back."""
    async with context.writing() as session:
        return await tax_classes.set_rate(session, tax_class, country_code, percent)


async def set_product_tax_class(context: Context, *, product: UUID, tax_class: UUID | None = None) -> Product:
    """Say which class a product is of."""
    async with context.writing() as session:
        return await product_taxes.set_product_tax_class(session, product, tax_class)
