"""Importing products from a file."""

from typing import Annotated

import strawberry

from auth.permissions import Permission
from integrations.shopify_cells import Refusal
from resolvers import product_imports
from resolvers.product_imports import ExportTooLongError, ExportUnreadableError, ProductsRefusedError
from resolvers.uploads import Upload
from schema.declare import mutation
from schema.inputs import choice, mutation_input
from schema.payloads import payload
from schema.problems import InvalidInput, Problem, problem


@mutation_input("Which products to import.")
class ImportProductsInput:
    """A file."""

    file: Upload = choice("A product export of Shopify: CSV in UTF-8.")
    dry_run: bool | None = choice("Whether to say what would happen and change nothing.")


@payload(product_imports.ProductImport, "What became of the products of a file, all of which were taken.")
class ProductImport:
    """Numbers of products."""

    created: int = strawberry.field(description="Products that are new.")
    updated: int = strawberry.field(description="Products that differed from the file.")
    unchanged: int = strawberry.field(description="Products that were as the file says.")
    dry_run: bool = strawberry.field(description="Whether nothing was changed, because that was asked for.")
    left_out: list[str] = strawberry.field(
        description="Columns that were read as if they were not there, because the viewer may not write what they say: "
        "costs need `costs:write`, quantities `stock:write`."
    )


@strawberry.type(description="Why a product of a file is not taken.")
class RefusedRow:
    """A row of the file."""

    line: int = strawberry.field(description="The line of the file, counted from 1.")
    handle: str = strawberry.field(description="The handle of the product.")
    reason: str = strawberry.field(description="What is wrong, as a sentence.")

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Whether an import gave one."""
        return isinstance(value, Refusal)


@problem(ExportUnreadableError, "The file is no product export, or stops being one; the message says where and why.")
class ExportUnreadable(Problem):
    """Export the products anew."""


@problem(ExportTooLongError, "The export has more rows than an operation takes. `merkato import shopify` takes them.")
class ExportTooLong(Problem):
    """Import it by command, or in parts."""

    maximum: int = strawberry.field(description="The most rows.")


@problem(ProductsRefusedError, "Some products of the file cannot be taken, so that none was.")
class ProductsRefused(Problem):
    """Mend these rows."""

    count: int = strawberry.field(description="How many products are refused.")
    rows: list[RefusedRow] = strawberry.field(description="Why, in the order of the file, 100 reasons at the most.")


ImportProductsResult = Annotated[
    ProductImport | InvalidInput | ExportUnreadable | ExportTooLong | ProductsRefused,
    strawberry.union("ImportProductsResult", description="What became of the products, or why none was taken."),
]


@strawberry.type
class ProductImportMutations:
    """A field of the root of changes."""

    import_products: ImportProductsResult | None = mutation(
        product_imports.import_products,
        "Create and update products from a file, all or none. The second import of a file changes nothing.",
        input=ImportProductsInput,
        requires=Permission.CATALOG_WRITE,
    )
