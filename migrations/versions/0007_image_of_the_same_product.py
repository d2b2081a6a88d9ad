"""A variant's image is one of its own product's."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        UPDATE product_variants SET image_id = NULL
        FROM product_images
        WHERE product_images.id = product_variants.image_id
          AND product_images.product_id <> product_variants.product_id
        """
    )
    op.create_unique_constraint("uq_product_images_id_product_id", "product_images", ["id", "product_id"])
    op.drop_constraint("fk_product_variants_image_id", "product_variants")
    op.create_foreign_key(
        "fk_product_variants_image_id",
        "product_variants",
        "product_images",
        ["image_id", "product_id"],
        ["id", "product_id"],
        ondelete="SET NULL (image_id)",
    )


def downgrade() -> None:
    op.drop_constraint("fk_product_variants_image_id", "product_variants")
    op.create_foreign_key(
        "fk_product_variants_image_id", "product_variants", "product_images", ["image_id"], ["id"], ondelete="SET NULL"
    )
    op.drop_constraint("uq_product_images_id_product_id", "product_images")
