"""What editors do with products."""

import strawberry

from auth.permissions import Permission
from domain.catalog_kinds import PRODUCT
from resolvers import catalog as changing
from resolvers import editing
from schema import product_changes as changes
from schema.declare import mutation


@strawberry.type
class ProductMutations:
    """Fields of the root of changes."""

    create_product: changes.CreateProductResult | None = mutation(
        changing.create_product,
        "Add a product. Visitors do not see it until it is published.",
        input=changes.CreateProductInput,
        requires=Permission.CATALOG_WRITE,
    )
    update_product: changes.UpdateProductResult | None = mutation(
        changing.update_product,
        "Change a product. Of one that visitors see it makes a draft, and they see no change.",
        input=changes.UpdateProductInput,
        requires=Permission.CATALOG_WRITE,
    )
    update_products: changes.UpdateProductsResult | None = mutation(
        editing.updating_many(PRODUCT),
        "Change several products, each by itself.",
        input=changes.UpdateProductsInput,
        requires=Permission.CATALOG_WRITE,
    )
    publish_product: changes.PublishProductResult | None = mutation(
        editing.showing(PRODUCT),
        "Let visitors see the newest version of a product.",
        input=changes.PublishProductInput,
        requires=Permission.CATALOG_WRITE,
    )
    unpublish_product: changes.UnpublishProductResult | None = mutation(
        editing.hiding(PRODUCT),
        "Let visitors see a product no more. A draft beside it stays.",
        input=changes.UnpublishProductInput,
        requires=Permission.CATALOG_WRITE,
    )
    trash_products: changes.TrashProductsResult | None = mutation(
        editing.trashing(PRODUCT),
        "Put products into the trash, where nobody sees them.",
        input=changes.TrashProductsInput,
        requires=Permission.CATALOG_WRITE,
    )
    restore_products: changes.RestoreProductsResult | None = mutation(
        editing.restoring(PRODUCT),
        "Take products out of the trash. Visitors do not see them until they are published.",
        input=changes.RestoreProductsInput,
        requires=Permission.CATALOG_WRITE,
    )
    restore_product_revision: changes.RestoreProductRevisionResult | None = mutation(
        editing.restoring_revision(PRODUCT),
        "Let a product say again what it said in an earlier version: as a draft, if visitors see it.",
        input=changes.RestoreProductRevisionInput,
        requires=Permission.CATALOG_WRITE,
    )
