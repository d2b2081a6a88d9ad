"""Tell where the pages of the shop are: the address of the site, and the path of each kind of page."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

PATHS = {
    "product_path": "/products/{slug}",
    "category_path": "/categories/{slug}",
    "service_path": "/services/{slug}",
    "post_path": "/blog/{slug}",
    "post_category_path": "/blog/categories/{slug}",
    "author_path": "/authors/{slug}",
}
PATTERN_OF_PATHS = r"^/[^{}?#%[:space:]\\]*\{slug\}[^{}?#%[:space:]\\]*$"
SITE_URL = r"^https?://[^/?#[:space:]]+(/[^?#[:space:]]*[^/?#[:space:]])?$"


def upgrade() -> None:
    op.add_column("shops", sa.Column("site_url", sa.String(length=2048), nullable=True))
    op.create_check_constraint(op.f("ck_shops_site_url"), "shops", f"site_url ~ '{SITE_URL}'")
    for path, usual in PATHS.items():
        op.add_column("shops", sa.Column(path, sa.String(length=200), server_default=usual, nullable=False))
        op.create_check_constraint(op.f(f"ck_shops_{path}"), "shops", f"{path} ~ '{PATTERN_OF_PATHS}'")


def downgrade() -> None:
    for column in ("site_url", *PATHS):
        op.drop_column("shops", column)
