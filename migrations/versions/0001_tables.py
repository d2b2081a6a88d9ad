"""Create the tables of the catalogue, services, content, reviews and accounts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "categories",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("path", sa.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("seo_title", sa.String(length=255), nullable=True),
        sa.Column("seo_description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "slug <> '' AND slug !~ '[[:space:]/?#%]' AND slug = lower(slug)", name=op.f("ck_categories_slug")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["categories.id"], name=op.f("fk_categories_parent_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("slug", name=op.f("uq_categories_slug")),
    )
    op.create_index(op.f("ix_categories_parent_id"), "categories", ["parent_id"], unique=False)
    op.create_index(op.f("ix_categories_path"), "categories", ["path"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_categories_position_id"), "categories", ["position", "id"], unique=False)
    op.create_table(
        "post_categories",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "slug <> '' AND slug !~ '[[:space:]/?#%]' AND slug = lower(slug)", name=op.f("ck_post_categories_slug")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_categories")),
        sa.UniqueConstraint("slug", name=op.f("uq_post_categories_slug")),
    )
    op.create_index(op.f("ix_post_categories_position_id"), "post_categories", ["position", "id"], unique=False)
    op.create_table(
        "services",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("short_description", sa.String(length=500), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("icon", sa.String(length=50), nullable=True),
        sa.Column(
            "type",
            sa.Enum(
                "CONSULTATION",
                "IMPLEMENTATION",
                "MAINTENANCE",
                "SUPPORT",
                name="servicetype",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("features", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("image_url", sa.String(length=2048), nullable=True),
        sa.Column("gallery", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("is_popular", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_visible", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("seo_keywords", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("internal_notes", sa.Text(), nullable=True),
        sa.Column("seo_title", sa.String(length=255), nullable=True),
        sa.Column("seo_description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR,
            sa.Computed(
                "setweight(to_tsvector('english', coalesce(title, '')), 'A') || setweight(to_tsvector('simple', coalesce(title, '')), 'A') || setweight(to_tsvector('english', left(coalesce(short_description, ''), 100000)), 'B') || setweight(to_tsvector('english', left(coalesce(description, ''), 100000)), 'B')",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "slug <> '' AND slug !~ '[[:space:]/?#%]' AND slug = lower(slug)", name=op.f("ck_services_slug")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        sa.UniqueConstraint("slug", name=op.f("uq_services_slug")),
    )
    op.create_index(op.f("ix_services_created_at_id"), "services", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_services_position_id"), "services", ["position", "id"], unique=False)
    op.create_index(op.f("ix_services_search"), "services", ["search"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_services_title_id"), "services", ["title", "id"], unique=False)
    op.create_table(
        "shops",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("is_only", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.String(length=3), server_default=sa.text("'ETB'"), nullable=False),
        sa.Column("countries", sa.ARRAY(sa.String(length=2)), server_default=sa.text("'{ET}'"), nullable=False),
        sa.Column("shows_prices_with_tax", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("contact_email", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_shops_currency")),
        sa.CheckConstraint("is_only", name=op.f("ck_shops_is_only")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shops")),
    )
    op.create_index("uq_shops_is_only", "shops", ["is_only"], unique=True)
    op.create_table(
        "tags",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.CheckConstraint(
            "slug <> '' AND slug !~ '[[:space:]/?#%]' AND slug = lower(slug)", name=op.f("ck_tags_slug")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("slug", name=op.f("uq_tags_slug")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("username", sa.String(length=150), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("first_name", sa.String(length=100), nullable=False),
        sa.Column("last_name", sa.String(length=100), nullable=False),
        sa.Column("phone", sa.String(length=50), nullable=True),
        sa.Column("avatar_url", sa.String(length=500), nullable=True),
        sa.Column(
            "role",
            sa.Enum(
                "CUSTOMER",
                "RIDER",
                "AUTHOR",
                "EDITOR",
                "STAFF",
                "ANALYST",
                "ADMIN",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            server_default=sa.text("'CUSTOMER'"),
            nullable=False,
        ),
        sa.Column(
            "social_provider",
            sa.Enum(
                "GOOGLE",
                "APPLE",
                "FACEBOOK",
                name="socialprovider",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("is_email_verified", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("encrypted_data", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("email = lower(email) AND email LIKE '_%@_%'", name=op.f("ck_users_email")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_index(op.f("ix_users_is_active"), "users", ["is_active"], unique=False)
    op.create_index(op.f("ix_users_role"), "users", ["role"], unique=False)
    op.create_table(
        "authors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("job_title", sa.String(length=255), nullable=True),
        sa.Column("bio", sa.Text(), server_default="", nullable=False),
        sa.Column("avatar_url", sa.String(length=2048), nullable=True),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "slug <> '' AND slug !~ '[[:space:]/?#%]' AND slug = lower(slug)", name=op.f("ck_authors_slug")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_authors_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authors")),
        sa.UniqueConstraint("slug", name=op.f("uq_authors_slug")),
        sa.UniqueConstraint("user_id", name=op.f("uq_authors_user_id")),
    )
    op.create_index(op.f("ix_authors_name_id"), "authors", ["name", "id"], unique=False)
    op.create_table(
        "products",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("default_variant_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("vendor", sa.String(length=255), nullable=True),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("description_html", sa.Text(), server_default="", nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("compare_at_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), server_default=sa.text("'ETB'"), nullable=False),
        sa.Column(
            "badge",
            sa.Enum(
                "NEW_ARRIVAL",
                "POPULAR",
                "BEST_SELLER",
                "HIGH_PERFORMANCE",
                "ENTERPRISE",
                "SECURITY",
                name="badge",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column("badge_color", sa.String(length=7), nullable=True),
        sa.Column("features", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("specifications", postgresql.JSONB, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("options", postgresql.JSONB, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("metadata", postgresql.JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("is_customizable", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("review_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rating_sum", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "rating",
            sa.Numeric(precision=2, scale=1),
            sa.Computed(
                "CASE WHEN review_count = 0 THEN 0 ELSE round(rating_sum::numeric / review_count, 1) END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("internal_notes", sa.Text(), nullable=True),
        sa.Column("seo_title", sa.String(length=255), nullable=True),
        sa.Column("seo_description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR,
            sa.Computed(
                "setweight(to_tsvector('english', coalesce(name, '')), 'A') || setweight(to_tsvector('english', coalesce(vendor, '')), 'A') || setweight(to_tsvector('simple', coalesce(name, '')), 'A') || setweight(to_tsvector('simple', coalesce(vendor, '')), 'A') || setweight(to_tsvector('english', left(coalesce(description, ''), 100000)), 'B')",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("badge_color ~ '^#[0-9A-Fa-f]{6}$'", name=op.f("ck_products_badge_color")),
        sa.CheckConstraint(
            "slug <> '' AND slug !~ '[[:space:]/?#%]' AND slug = lower(slug)", name=op.f("ck_products_slug")
        ),
        sa.CheckConstraint(
            "compare_at_price >= 0 AND compare_at_price <> 'NaN'", name=op.f("ck_products_compare_at_price")
        ),
        sa.CheckConstraint("price >= 0 AND price <> 'NaN'", name=op.f("ck_products_price")),
        sa.CheckConstraint(
            "review_count >= 0 AND rating_sum BETWEEN review_count AND 5 * review_count",
            name=op.f("ck_products_rating"),
        ),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_products_category_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("slug", name=op.f("uq_products_slug")),
    )
    op.create_index(
        op.f("ix_products_category_id_created_at_id"), "products", ["category_id", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_products_created_at_id"), "products", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_products_is_active"), "products", ["is_active"], unique=False)
    op.create_index(op.f("ix_products_metadata"), "products", ["metadata"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_products_name_id"), "products", ["name", "id"], unique=False)
    op.create_index(
        "ix_products_name_prefix", "products", ["name"], unique=False, postgresql_ops={"name": "text_pattern_ops"}
    )
    op.create_index(op.f("ix_products_price_id"), "products", ["price", "id"], unique=False)
    op.create_index(op.f("ix_products_rating_id"), "products", ["rating", "id"], unique=False)
    op.create_index(op.f("ix_products_search"), "products", ["search"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_products_updated_at_id"), "products", ["updated_at", "id"], unique=False)
    op.create_table(
        "service_tiers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), server_default=sa.text("'ETB'"), nullable=False),
        sa.Column(
            "billing_period",
            sa.Enum(
                "ONE_TIME",
                "MONTHLY",
                "YEARLY",
                name="billingperiod",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            server_default=sa.text("'ONE_TIME'"),
            nullable=False,
        ),
        sa.Column("features", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("is_popular", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_visible", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("price >= 0 AND price <> 'NaN'", name=op.f("ck_service_tiers_price")),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_service_tiers_service_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_tiers")),
        sa.UniqueConstraint("service_id", "name", name=op.f("uq_service_tiers_service_id_name")),
    )
    op.create_index(
        op.f("ix_service_tiers_service_id_position_id"), "service_tiers", ["service_id", "position", "id"], unique=False
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("excerpt", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("featured_image_url", sa.String(length=2048), nullable=True),
        sa.Column("featured_image_alt", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "DRAFT",
                "SCHEDULED",
                "PUBLISHED",
                "ARCHIVED",
                name="publishingstatus",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            server_default=sa.text("'DRAFT'"),
            nullable=False,
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "dated_at",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(published_at, created_at)", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "reading_minutes",
            sa.Integer(),
            sa.Computed(
                "greatest(1, ceil(regexp_count(body, '\\S+') / 220.0))::int",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("view_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("share_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("seo_keywords", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("internal_notes", sa.Text(), nullable=True),
        sa.Column("seo_title", sa.String(length=255), nullable=True),
        sa.Column("seo_description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR,
            sa.Computed(
                "setweight(to_tsvector('english', coalesce(title, '')), 'A') || setweight(to_tsvector('simple', coalesce(title, '')), 'A') || setweight(to_tsvector('english', left(coalesce(excerpt, ''), 100000)), 'B') || setweight(to_tsvector('english', left(coalesce(body, ''), 100000)), 'B')",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "slug <> '' AND slug !~ '[[:space:]/?#%]' AND slug = lower(slug)", name=op.f("ck_posts_slug")
        ),
        sa.CheckConstraint("status <> 'PUBLISHED' OR published_at IS NOT NULL", name=op.f("ck_posts_published_at")),
        sa.CheckConstraint("status <> 'SCHEDULED' OR scheduled_at IS NOT NULL", name=op.f("ck_posts_scheduled_at")),
        sa.CheckConstraint("view_count >= 0 AND share_count >= 0", name=op.f("ck_posts_counts")),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_posts_author_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["category_id"], ["post_categories.id"], name=op.f("fk_posts_category_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("slug", name=op.f("uq_posts_slug")),
    )
    op.create_index(op.f("ix_posts_author_id_dated_at_id"), "posts", ["author_id", "dated_at", "id"], unique=False)
    op.create_index(op.f("ix_posts_category_id_dated_at_id"), "posts", ["category_id", "dated_at", "id"], unique=False)
    op.create_index(op.f("ix_posts_created_at_id"), "posts", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_posts_dated_at_id"), "posts", ["dated_at", "id"], unique=False)
    op.create_index(op.f("ix_posts_published_at"), "posts", ["published_at"], unique=False)
    op.create_index(op.f("ix_posts_search"), "posts", ["search"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_posts_status"), "posts", ["status"], unique=False)
    op.create_index(op.f("ix_posts_title_id"), "posts", ["title", "id"], unique=False)
    op.create_index(op.f("ix_posts_view_count_id"), "posts", ["view_count", "id"], unique=False)
    op.create_table(
        "product_images",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("alt_text", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("url <> ''", name=op.f("ck_product_images_url")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_images_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_images")),
    )
    op.create_index(
        op.f("ix_product_images_product_id_position_id"),
        "product_images",
        ["product_id", "position", "id"],
        unique=False,
    )
    op.create_table(
        "product_tags",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_tags_product_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_product_tags_tag_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("product_id", "tag_id", name=op.f("pk_product_tags")),
    )
    op.create_index(op.f("ix_product_tags_tag_id"), "product_tags", ["tag_id"], unique=False)
    op.create_table(
        "reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.String(length=255), server_default="", nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "PENDING",
                "APPROVED",
                "REJECTED",
                name="moderationstatus",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            server_default=sa.text("'PENDING'"),
            nullable=False,
        ),
        sa.Column("is_verified_purchase", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("moderation_note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_reviews_rating")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_reviews_product_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_reviews_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("user_id", "product_id", name=op.f("uq_reviews_user_id_product_id")),
    )
    op.create_index(op.f("ix_reviews_created_at_id"), "reviews", ["created_at", "id"], unique=False)
    op.create_index(
        op.f("ix_reviews_product_id_created_at_id"), "reviews", ["product_id", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_reviews_product_id_rating_id"), "reviews", ["product_id", "rating", "id"], unique=False)
    op.create_index(op.f("ix_reviews_rating_id"), "reviews", ["rating", "id"], unique=False)
    op.create_index(op.f("ix_reviews_status"), "reviews", ["status"], unique=False)
    op.create_table(
        "post_tags",
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_tags_post_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_post_tags_tag_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "tag_id", name=op.f("pk_post_tags")),
    )
    op.create_index(op.f("ix_post_tags_tag_id"), "post_tags", ["tag_id"], unique=False)
    op.create_table(
        "product_variants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("option_values", postgresql.JSONB, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("compare_at_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("cost_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), server_default=sa.text("'ETB'"), nullable=False),
        sa.Column("barcode", sa.String(length=64), nullable=True),
        sa.Column("weight_grams", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tracks_stock", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column(
            "backorder_policy",
            sa.Enum("DENY", "ALLOW", name="backorderpolicy", native_enum=False, create_constraint=True, length=30),
            server_default=sa.text("'DENY'"),
            nullable=False,
        ),
        sa.Column("requires_shipping", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("is_taxable", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("sku <> ''", name=op.f("ck_product_variants_sku")),
        sa.CheckConstraint(
            "compare_at_price >= 0 AND compare_at_price <> 'NaN'", name=op.f("ck_product_variants_compare_at_price")
        ),
        sa.CheckConstraint("cost_price >= 0 AND cost_price <> 'NaN'", name=op.f("ck_product_variants_cost_price")),
        sa.CheckConstraint("price >= 0 AND price <> 'NaN'", name=op.f("ck_product_variants_price")),
        sa.CheckConstraint("weight_grams >= 0", name=op.f("ck_product_variants_weight_grams")),
        sa.ForeignKeyConstraint(
            ["image_id"], ["product_images.id"], name=op.f("fk_product_variants_image_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_variants_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_variants")),
        sa.UniqueConstraint("id", "product_id", name="uq_product_variants_id_product_id"),
        sa.UniqueConstraint("sku", name=op.f("uq_product_variants_sku")),
    )
    op.create_index(op.f("ix_product_variants_image_id"), "product_variants", ["image_id"], unique=False)
    op.create_index(
        op.f("ix_product_variants_option_values"),
        "product_variants",
        ["option_values"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"option_values": "jsonb_path_ops"},
    )
    op.create_index(
        op.f("ix_product_variants_product_id_position_id"),
        "product_variants",
        ["product_id", "position", "id"],
        unique=False,
    )
    op.create_table(
        "stock_levels",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reserved", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("minimum_level", sa.Integer(), server_default=sa.text("10"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("minimum_level >= 0", name=op.f("ck_stock_levels_minimum_level")),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_stock_levels_quantity")),
        sa.CheckConstraint("reserved BETWEEN 0 AND quantity", name=op.f("ck_stock_levels_reserved")),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["product_variants.id"], name=op.f("fk_stock_levels_variant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_levels")),
        sa.UniqueConstraint("variant_id", name=op.f("uq_stock_levels_variant_id")),
    )
    op.create_index(op.f("ix_stock_levels_quantity"), "stock_levels", ["quantity"], unique=False)

    op.create_foreign_key(
        op.f("fk_products_default_variant"),
        "products",
        "product_variants",
        ["default_variant_id", "id"],
        ["id", "product_id"],
        deferrable=True,
        initially="DEFERRED",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_products_default_variant"), "products", type_="foreignkey")

    op.drop_index(op.f("ix_stock_levels_quantity"), table_name="stock_levels")
    op.drop_table("stock_levels")
    op.drop_index(op.f("ix_product_variants_product_id_position_id"), table_name="product_variants")
    op.drop_index(
        op.f("ix_product_variants_option_values"),
        table_name="product_variants",
        postgresql_using="gin",
        postgresql_ops={"option_values": "jsonb_path_ops"},
    )
    op.drop_index(op.f("ix_product_variants_image_id"), table_name="product_variants")
    op.drop_table("product_variants")
    op.drop_index(op.f("ix_post_tags_tag_id"), table_name="post_tags")
    op.drop_table("post_tags")
    op.drop_index(op.f("ix_reviews_status"), table_name="reviews")
    op.drop_index(op.f("ix_reviews_rating_id"), table_name="reviews")
    op.drop_index(op.f("ix_reviews_product_id_rating_id"), table_name="reviews")
    op.drop_index(op.f("ix_reviews_product_id_created_at_id"), table_name="reviews")
    op.drop_index(op.f("ix_reviews_created_at_id"), table_name="reviews")
    op.drop_table("reviews")
    op.drop_index(op.f("ix_product_tags_tag_id"), table_name="product_tags")
    op.drop_table("product_tags")
    op.drop_index(op.f("ix_product_images_product_id_position_id"), table_name="product_images")
    op.drop_table("product_images")
    op.drop_index(op.f("ix_posts_view_count_id"), table_name="posts")
    op.drop_index(op.f("ix_posts_title_id"), table_name="posts")
    op.drop_index(op.f("ix_posts_status"), table_name="posts")
    op.drop_index(op.f("ix_posts_search"), table_name="posts", postgresql_using="gin")
    op.drop_index(op.f("ix_posts_published_at"), table_name="posts")
    op.drop_index(op.f("ix_posts_dated_at_id"), table_name="posts")
    op.drop_index(op.f("ix_posts_created_at_id"), table_name="posts")
    op.drop_index(op.f("ix_posts_category_id_dated_at_id"), table_name="posts")
    op.drop_index(op.f("ix_posts_author_id_dated_at_id"), table_name="posts")
    op.drop_table("posts")
    op.drop_index(op.f("ix_service_tiers_service_id_position_id"), table_name="service_tiers")
    op.drop_table("service_tiers")
    op.drop_index(op.f("ix_products_updated_at_id"), table_name="products")
    op.drop_index(op.f("ix_products_search"), table_name="products", postgresql_using="gin")
    op.drop_index(op.f("ix_products_rating_id"), table_name="products")
    op.drop_index(op.f("ix_products_price_id"), table_name="products")
    op.drop_index("ix_products_name_prefix", table_name="products", postgresql_ops={"name": "text_pattern_ops"})
    op.drop_index(op.f("ix_products_name_id"), table_name="products")
    op.drop_index(op.f("ix_products_metadata"), table_name="products", postgresql_using="gin")
    op.drop_index(op.f("ix_products_is_active"), table_name="products")
    op.drop_index(op.f("ix_products_created_at_id"), table_name="products")
    op.drop_index(op.f("ix_products_category_id_created_at_id"), table_name="products")
    op.drop_table("products")
    op.drop_index(op.f("ix_authors_name_id"), table_name="authors")
    op.drop_table("authors")
    op.drop_index(op.f("ix_users_role"), table_name="users")
    op.drop_index(op.f("ix_users_is_active"), table_name="users")
    op.drop_table("users")
    op.drop_table("tags")
    op.drop_index("uq_shops_is_only", table_name="shops")
    op.drop_table("shops")
    op.drop_index(op.f("ix_services_title_id"), table_name="services")
    op.drop_index(op.f("ix_services_search"), table_name="services", postgresql_using="gin")
    op.drop_index(op.f("ix_services_position_id"), table_name="services")
    op.drop_index(op.f("ix_services_created_at_id"), table_name="services")
    op.drop_table("services")
    op.drop_index(op.f("ix_post_categories_position_id"), table_name="post_categories")
    op.drop_table("post_categories")
    op.drop_index(op.f("ix_categories_position_id"), table_name="categories")
    op.drop_index(op.f("ix_categories_path"), table_name="categories", postgresql_using="gin")
    op.drop_index(op.f("ix_categories_parent_id"), table_name="categories")
    op.drop_table("categories")
