"""Classes of tax and their rates, as the staff keeps them."""

import re
from decimal import Decimal
from typing import NoReturn, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from domain.countries import require_country
from domain.errors import ConflictError, DomainError, invalid, shown
from domain.violations import refused_by
from models import Shop, TaxClass, TaxRate
from models.shop import SHOP_ID

WELL_FORMED_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
HUNDRED = Decimal(100)


class TaxClassNotFoundError(DomainError):
    """No class has the id."""

    def __init__(self) -> None:
        super().__init__("There is no such tax class.")


class TaxCodeTakenError(DomainError):
    """There is another class with the code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"There is a tax class with the code {shown(code)} already. Choose another.")
        self.taken = code


class TaxClassInUseError(DomainError):
    """Products or shipping methods are of the class."""

    def __init__(self) -> None:
        super().__init__("Products or shipping methods are of this tax class. Move them to another one first.")


class TaxClassIsDefaultError(DomainError):
    """Whatever has no class is of this one."""

    def __init__(self) -> None:
        super().__init__("This is the default tax class. Make another one the default first.")


class TaxClassChanges(TypedDict, total=False):
    """What may change of a class; what is left out stays as it is."""

    name: str
    code: str
    is_default: bool


async def create_tax_class(session: AsyncSession, *, name: str, code: str, is_default: bool = False) -> TaxClass:
    """A class without rates, for which the shop's default rate holds. Raises InvalidInputError, TaxCodeTakenError."""
    created = TaxClass(id=uuid7(), name=_name(name), code=_code(code))
    if is_default:
        await _take_default(session)
        created.is_default = True
    session.add(created)
    with refused_by({"uq_tax_classes_code": TaxCodeTakenError(code)}):
        await session.flush()
    return created


async def change_tax_class(
    session: AsyncSession, tax_class_id: UUID, expected_version: int, **changes: Unpack[TaxClassChanges]
) -> TaxClass:
    """Change what is given. The default moves by making another class the default.

    Raises InvalidInputError, TaxClassNotFoundError, ConflictError, TaxCodeTakenError and TaxClassIsDefaultError.
    """
    if changes.get("is_default"):
        await _take_default(session)
    tax_class = await _locked(session, tax_class_id)
    if tax_class.version != expected_version:
        raise ConflictError(expected_version, tax_class.version)
    if changes.get("is_default") is False and tax_class.is_default:
        raise TaxClassIsDefaultError
    tax_class.name = _name(changes.get("name", tax_class.name))
    tax_class.code = _code(changes.get("code", tax_class.code))
    tax_class.is_default = changes.get("is_default", tax_class.is_default)
    tax_class.version += 1
    with refused_by({"uq_tax_classes_code": TaxCodeTakenError(tax_class.code)}):
        await session.flush()
    return tax_class


async def delete_tax_class(session: AsyncSession, tax_class_id: UUID) -> None:
    """Delete a class with its rates. Raises TaxClassNotFoundError, TaxClassIsDefaultError and TaxClassInUseError."""
    tax_class = await _locked(session, tax_class_id)
    if tax_class.is_default:
        raise TaxClassIsDefaultError
    in_use = TaxClassInUseError()
    with refused_by({"fk_products_tax_class_id": in_use, "fk_shipping_methods_tax_class_id": in_use}):
        await session.execute(delete(TaxClass).where(TaxClass.id == tax_class_id))


async def set_rate(session: AsyncSession, tax_class_id: UUID, country_code: str, percent: Decimal | None) -> TaxClass:
    """State what things of the class are charged in a country; with None the shop's default rate holds again.

    Raises InvalidInputError and TaxClassNotFoundError.
    """
    country = require_country(country_code, "country_code")
    tax_class = await _locked(session, tax_class_id)
    if percent is None:
        stated = delete(TaxRate).where(TaxRate.tax_class_id == tax_class_id, TaxRate.country_code == country)
        await session.execute(stated)
        return tax_class
    rate = insert(TaxRate).values(id=uuid7(), tax_class_id=tax_class_id, country_code=country, rate=percent / HUNDRED)
    await session.execute(
        rate.on_conflict_do_update(
            index_elements=[TaxRate.tax_class_id, TaxRate.country_code], set_={"rate": rate.excluded.rate}
        )
    )
    return tax_class


async def _locked(session: AsyncSession, tax_class_id: UUID) -> TaxClass:
    found = await session.get(TaxClass, tax_class_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise TaxClassNotFoundError
    return found


async def _take_default(session: AsyncSession) -> None:
    """Leave no class the default one. Whoever else moves the default waits at the row of the shop."""
    await session.execute(select(Shop.id).where(Shop.id == SHOP_ID).with_for_update())
    await session.execute(update(TaxClass).where(TaxClass.is_default).values(is_default=False))


def _name(text: str) -> str:
    return " ".join(text.split())


def _code(text: str) -> str:
    return text if WELL_FORMED_CODE.fullmatch(text) else _refuse_code()


def _refuse_code() -> NoReturn:
    raise invalid("code", "It must be of small letters from a to z and digits, with hyphens between them.")
