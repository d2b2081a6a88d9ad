"""Product exports that staff uploads: all or none of a file, by whoever may, on record."""

import csv
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

import models
from models import AuditEntry, Role, StockLevel
from server.document_manifest import document_id
from server.operation_documents import built_in_documents
from tests.factories import shared_engine, writing
from tests.server.forms import HEADERS, operation_form, sent
from tests.server.test_importing import DATA, FILES
from tests.signed_in import Door, open_door

IMPORT = next(text for text in built_in_documents().values() if "mutation ImportProducts(" in text)
HEAD = "Handle,Title,Variant SKU,Variant Price,Variant Inventory Qty,Cost per item\n"
MOST_ROWS = 100
EXPORTS = {path: path.read_bytes() for path in FILES}


class Shop(NamedTuple):
    """A database, and a server on it."""

    engine: AsyncEngine
    door: Door

    def answer(self, content: bytes, role: Role = Role.ADMIN, **given: Any) -> Any:
        """The whole answer to an import; the document is named by its id, as frontends do."""
        operation = {"documentId": document_id(IMPORT), "variables": {"input": {"file": content, **given}}}
        return self.door.http.post("/graphql", **sent(operation, self.door.headers(role=role))).json()

    def done(self, content: bytes, role: Role = Role.ADMIN, **given: Any) -> Any:
        """What an import gives."""
        return self.answer(content, role, **given)["data"]["importProducts"]

    async def counted(self, table: type[models.Base] = models.Product) -> int:
        """How many rows there are."""
        async with writing(self.engine) as session:
            return await session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture(scope="module")
async def shop(postgres: str, migrated: str) -> AsyncIterator[Shop]:
    """One for all tests here, each of which imports products of its own."""
    async with shared_engine(postgres, migrated) as engine:
        url = engine.sync_engine.get_execution_options()["url"]
        with open_door(url, max_imported_rows=MOST_ROWS) as door:
            yield Shop(engine, door)


def rows_of(*products: str) -> bytes:
    """An export with one row for each product."""
    return "".join([HEAD, *(f"{each},The {each},{each.upper()},10.00,7,4.00\n" for each in products)]).encode()


def succeeded(**numbers: Any) -> dict[str, Any]:
    """What a successful import gives."""
    usual = {"created": 0, "updated": 0, "unchanged": 0, "dryRun": False, "leftOut": []}
    return {"__typename": "ProductImport", **usual, **numbers}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_real_exports_are_imported_once(shop: Shop, path: Path) -> None:
    content, before = EXPORTS[path], await shop.counted()
    products = len({row["Handle"] for row in csv.DictReader(content.decode("utf-8-sig").splitlines(keepends=True))})

    assert shop.done(content, dryRun=True) == succeeded(created=products, dryRun=True)
    assert await shop.counted() == before
    assert shop.done(content) == succeeded(created=products)
    assert await shop.counted() == before + products
    assert shop.done(content) == succeeded(unchanged=products)


async def test_one_refused_product_keeps_out_all(shop: Shop) -> None:
    before = await shop.counted()
    for dry_run in (True, False):
        refused = shop.done((DATA / "shopify-refused.csv").read_bytes(), dryRun=dry_run)

        assert refused["__typename"] == "ProductsRefused"
        assert (
            refused["message"]
            == f"{refused['count']} products of the file cannot be taken, so none was. The rows say why."
        )
        assert refused["count"] > 5
        assert refused["rows"][0] == {
            "line": 4,
            "handle": "minus",
            "reason": "The price -5 is negative.",
        }
    assert await shop.counted() == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "The file is empty. Export the products again.", id="empty"),
        pytest.param(b"PK\x03\x04\0", "The file is a workbook or an archive, not CSV. Save it", id="workbook"),
        pytest.param(b"\xff\xfeH\0", "The file is UTF-16 text, not CSV. Save it", id="utf-16"),
        pytest.param(b"<html></html>\n", "The file is not a Shopify product export: the columns Handle", id="html"),
        pytest.param(HEAD.encode() + b"a\xe9,b,c,1,1,1\n", "The file, line 2: The byte 0xE9 after “a”", id="latin-1"),
        pytest.param(HEAD.encode() + b'a,"b,c,1,1,1\n', "The file, line 2: A quotation mark", id="open-quote"),
    ],
)
def test_files_that_are_no_exports_are_refused(shop: Shop, content: bytes, says: str) -> None:
    refused = shop.done(content)
    assert refused["__typename"] == "ExportUnreadable"
    assert refused["message"].startswith(says)


async def test_longer_exports_are_for_the_command(shop: Shop) -> None:
    assert shop.done(rows_of(*(f"long-{n}" for n in range(MOST_ROWS + 1)))) == {
        "__typename": "ExportTooLong",
        "maximum": MOST_ROWS,
        "message": "The file has more than 100 rows, the most that an operation takes. "
        "Import it with `merkato import shopify`, which takes files of any length.",
    }
    assert shop.done(rows_of(*(f"long-{n}" for n in range(MOST_ROWS))), dryRun=True)["created"] == MOST_ROWS


@pytest.mark.parametrize(
    ("role", "left_out", "cost", "quantity"),
    [
        (Role.ADMIN, [], "4.00", 7),
        (Role.STAFF, ["Cost per item"], None, 7),
        (Role.EDITOR, ["Cost per item", "Variant Inventory Qty"], None, 0),
    ],
)
async def test_columns_that_a_role_may_not_write_are_left_out(
    shop: Shop, role: Role, left_out: list[str], cost: str | None, quantity: int
) -> None:
    slug = f"of-{role.lower()}"
    assert shop.done(rows_of(slug), role) == succeeded(created=1, leftOut=left_out)

    variant = models.ProductVariant
    found = select(variant.cost_price, StockLevel.quantity).join(StockLevel, StockLevel.variant_id == variant.id)
    async with writing(shop.engine) as session:
        stored = (await session.execute(found.where(variant.sku == slug.upper()))).one()
    assert (None if stored[0] is None else str(stored[0]), stored[1]) == (cost, quantity)


async def test_whoever_may_not_is_refused(shop: Shop) -> None:
    answer = shop.answer(rows_of("smuggled"), Role.ANALYST)
    assert answer["data"] == {"importProducts": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    async with writing(shop.engine) as session:
        assert await session.scalar(select(models.Product.id).where(models.Product.slug == "smuggled")) is None


async def test_import_is_on_record(shop: Shop) -> None:
    assert shop.done(rows_of("recorded"))["created"] == 1
    async with writing(shop.engine) as session:
        product = await session.scalar(select(models.Product.id).where(models.Product.slug == "recorded"))
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.row_key == str(product)))).one()
    assert (entry.table_name, entry.actor_kind, entry.address) == ("products", "USER", "127.0.0.1")
    assert entry.request_id


def test_file_may_stand_in_two_places(shop: Shop) -> None:
    """Each reads it from its beginning."""
    twice = """mutation M($a: ImportProductsInput!, $b: ImportProductsInput!) {
      a: importProducts(input: $a) { ... on ProductImport { created unchanged } }
      b: importProducts(input: $b) { ... on ProductImport { created unchanged } }
    }"""
    operation = {"query": twice, "variables": {"a": {"file": None}, "b": {"file": None}}}
    body = operation_form(operation, {"0": ["variables.a.file", "variables.b.file"]}, {"0": rows_of("shared")})
    headers = {**HEADERS, **shop.door.headers(role=Role.ADMIN)}
    assert shop.door.http.post("/graphql", content=body, headers=headers).json()["data"] == {
        "a": {"created": 1, "unchanged": 0},
        "b": {"created": 0, "unchanged": 1},
    }


@pytest.mark.parametrize("given", ["a.csv", 7, True, {"path": "/etc/passwd"}, ["x"], None])
def test_nothing_in_json_is_a_file(shop: Shop, given: object) -> None:
    operation = {"query": IMPORT, "variables": {"input": {"file": given}}}
    headers = {"accept": HEADERS["accept"], **shop.door.headers(role=Role.ADMIN)}
    response = shop.door.http.post("/graphql", json=operation, headers=headers)
    (error,) = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
    assert "'$input' has invalid value at .file" in error["message"]


def test_no_literal_is_a_file(shop: Shop) -> None:
    operation = {"query": 'mutation { importProducts(input: { file: "a.csv" }) { __typename } }'}
    (error,) = shop.door.http.post("/graphql", json=operation, headers=shop.door.headers()).json()["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "It must be a file" in error["message"]
