"""Let carts say how they are to be sent."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("carts", sa.Column("shipping_method_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_carts_shipping_method_id"),
        "carts",
        "shipping_methods",
        ["shipping_method_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index(op.f("ix_carts_shipping_method_id"), "carts", ["shipping_method_id"])


def downgrade() -> None:
    op.drop_column("carts", "shipping_method_id")
