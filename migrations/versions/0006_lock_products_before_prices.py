"""Whoever changes variants locks their products, in id order, before asking which variant is the default one.

Whoever chooses another default variant holds the product already. So neither misses what the other does, and variants
are never locked from the side of the product, which could wait for somebody who waits for it.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LOCK_PRODUCTS = """
    PERFORM 1 FROM products WHERE id IN (SELECT product_id FROM changed) ORDER BY id FOR NO KEY UPDATE;
"""
COPY_PRICE = """
    UPDATE products
    SET price = variant.price, compare_at_price = variant.compare_at_price, currency = variant.currency
    FROM changed AS variant
    WHERE products.id = variant.product_id
      AND products.default_variant_id = variant.id
      AND (products.price, products.compare_at_price, products.currency)
          IS DISTINCT FROM (variant.price, variant.compare_at_price, variant.currency);
    RETURN NULL;
"""
LOCK_VARIANT = """
    IF NEW.default_variant_id <> OLD.default_variant_id THEN
        PERFORM 1 FROM product_variants WHERE id = NEW.default_variant_id FOR SHARE;
    END IF;
"""
TAKE_PRICE = """
    SELECT * INTO variant FROM product_variants WHERE id = NEW.default_variant_id;
    IF FOUND THEN
        UPDATE products
        SET price = variant.price, compare_at_price = variant.compare_at_price, currency = variant.currency
        WHERE id = NEW.id;
    END IF;
    RETURN NULL;
"""
A_VARIANT = "DECLARE variant product_variants%ROWTYPE;"


def upgrade() -> None:
    _replace("copy_default_variant_price", "", LOCK_PRODUCTS + COPY_PRICE)
    _replace("take_default_variant_price", A_VARIANT, TAKE_PRICE)


def downgrade() -> None:
    _replace("copy_default_variant_price", "", COPY_PRICE)
    _replace("take_default_variant_price", A_VARIANT, LOCK_VARIANT + TAKE_PRICE)


def _replace(name: str, declarations: str, body: str) -> None:
    op.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {declarations} BEGIN {body} END $$"
    )
