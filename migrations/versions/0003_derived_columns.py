"""Add the triggers that keep derived columns right: updated_at, category paths, product prices and ratings.

Whoever moves a category locks the whole tree first, before any of its rows, so that two moves neither make a
cycle nor wait for each other's rows. A product that takes the price of its new default variant locks that variant.

Triggers on reviews and variants work once per statement on the rows it changed, so that a bulk load costs one
update per product and not one per review. Before ratings change, products are locked in id order, so that two
statements never wait for each other. A rating moves by the difference, never by a fresh count, which would miss what
concurrent transactions have not committed yet.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIMESTAMPED = (
    "authors",
    "categories",
    "post_categories",
    "posts",
    "product_variants",
    "products",
    "reviews",
    "service_tiers",
    "services",
    "shops",
    "stock_levels",
    "users",
)

FUNCTIONS = {
    "set_updated_at": """
        BEGIN
            NEW.updated_at = now();
            RETURN NEW;
        END
    """,
    "lock_category_tree": """
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtext('categories'));
            RETURN NULL;
        END
    """,
    "place_category": """
        DECLARE
            parent_path uuid[] := '{}';
        BEGIN
            IF NEW.parent_id IS NOT NULL THEN
                SELECT path INTO parent_path FROM categories WHERE id = NEW.parent_id;
                IF NEW.id = ANY (parent_path) OR NEW.id = NEW.parent_id THEN
                    RAISE EXCEPTION 'A category cannot be placed below itself.'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_categories_tree';
                END IF;
            END IF;
            NEW.path = coalesce(parent_path, '{}') || NEW.id;
            RETURN NEW;
        END
    """,
    "place_descendants": """
        BEGIN
            UPDATE categories
            SET path = NEW.path || path[cardinality(OLD.path) + 1:]
            WHERE path @> ARRAY[NEW.id] AND id <> NEW.id;
            RETURN NULL;
        END
    """,
    "copy_default_variant_price": """
        BEGIN
            UPDATE products
            SET price = variant.price, compare_at_price = variant.compare_at_price, currency = variant.currency
            FROM changed AS variant
            WHERE products.id = variant.product_id
              AND products.default_variant_id = variant.id
              AND (products.price, products.compare_at_price, products.currency)
                  IS DISTINCT FROM (variant.price, variant.compare_at_price, variant.currency);
            RETURN NULL;
        END
    """,
    "take_default_variant_price": """
        DECLARE
            variant product_variants%ROWTYPE;
        BEGIN
            IF NEW.default_variant_id <> OLD.default_variant_id THEN
                PERFORM 1 FROM product_variants WHERE id = NEW.default_variant_id FOR SHARE;
            END IF;
            SELECT * INTO variant FROM product_variants WHERE id = NEW.default_variant_id;
            IF FOUND THEN
                UPDATE products
                SET price = variant.price, compare_at_price = variant.compare_at_price, currency = variant.currency
                WHERE id = NEW.id;
            END IF;
            RETURN NULL;
        END
    """,
    "count_reviews": """
        DECLARE
            product_ids uuid[];
            counts integer[];
            sums integer[];
        BEGIN
            IF TG_OP = 'INSERT' THEN
                SELECT array_agg(product_id ORDER BY product_id), array_agg(n ORDER BY product_id),
                       array_agg(s ORDER BY product_id)
                INTO product_ids, counts, sums
                FROM (
                    SELECT product_id, count(*) AS n, sum(rating) AS s FROM added
                    WHERE status = 'APPROVED' GROUP BY product_id
                ) AS changes;
            ELSIF TG_OP = 'DELETE' THEN
                SELECT array_agg(product_id ORDER BY product_id), array_agg(-n ORDER BY product_id),
                       array_agg(-s ORDER BY product_id)
                INTO product_ids, counts, sums
                FROM (
                    SELECT product_id, count(*) AS n, sum(rating) AS s FROM removed
                    WHERE status = 'APPROVED' GROUP BY product_id
                ) AS changes;
            ELSE
                SELECT array_agg(product_id ORDER BY product_id), array_agg(n ORDER BY product_id),
                       array_agg(s ORDER BY product_id)
                INTO product_ids, counts, sums
                FROM (
                    SELECT product_id, sum(n) AS n, sum(s) AS s FROM (
                        SELECT product_id, 1 AS n, rating AS s FROM added WHERE status = 'APPROVED'
                        UNION ALL
                        SELECT product_id, -1, -rating FROM removed WHERE status = 'APPROVED'
                    ) AS moves
                    GROUP BY product_id HAVING sum(n) <> 0 OR sum(s) <> 0
                ) AS changes;
            END IF;
            IF product_ids IS NULL THEN
                RETURN NULL;
            END IF;
            PERFORM 1 FROM products WHERE id = ANY (product_ids) ORDER BY id FOR NO KEY UPDATE;
            UPDATE products
            SET review_count = review_count + change.n, rating_sum = rating_sum + change.s
            FROM unnest(product_ids, counts, sums) AS change (product_id, n, s)
            WHERE products.id = change.product_id;
            RETURN NULL;
        END
    """,
}

TRIGGERS = (
    *(
        f"CREATE TRIGGER set_updated_at BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION set_updated_at()"
        for table in TIMESTAMPED
    ),
    """
    CREATE TRIGGER lock_category_tree BEFORE INSERT OR UPDATE OF parent_id ON categories
    FOR EACH STATEMENT EXECUTE FUNCTION lock_category_tree()
    """,
    """
    CREATE TRIGGER place_category BEFORE INSERT OR UPDATE OF parent_id ON categories
    FOR EACH ROW EXECUTE FUNCTION place_category()
    """,
    """
    CREATE TRIGGER place_descendants AFTER UPDATE OF parent_id ON categories
    FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path) EXECUTE FUNCTION place_descendants()
    """,
    """
    CREATE TRIGGER copy_price_on_insert AFTER INSERT ON product_variants REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION copy_default_variant_price()
    """,
    """
    CREATE TRIGGER copy_price_on_update AFTER UPDATE ON product_variants REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION copy_default_variant_price()
    """,
    """
    CREATE TRIGGER take_price AFTER UPDATE OF default_variant_id, price, compare_at_price, currency ON products
    FOR EACH ROW WHEN (
        pg_trigger_depth() = 0
        AND (OLD.default_variant_id, OLD.price, OLD.compare_at_price, OLD.currency)
            IS DISTINCT FROM (NEW.default_variant_id, NEW.price, NEW.compare_at_price, NEW.currency)
    ) EXECUTE FUNCTION take_default_variant_price()
    """,
    """
    CREATE TRIGGER count_added_reviews AFTER INSERT ON reviews REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_reviews()
    """,
    """
    CREATE TRIGGER count_changed_reviews AFTER UPDATE ON reviews
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_reviews()
    """,
    """
    CREATE TRIGGER count_removed_reviews AFTER DELETE ON reviews REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION count_reviews()
    """,
)


def upgrade() -> None:
    for name, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}() CASCADE")
