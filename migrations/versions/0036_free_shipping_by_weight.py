"""Let shipping that is charged by weight be free from an amount on."""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

NAME = "ck_shipping_methods_free_over_of_its_kind"
OR_BY_WEIGHT = (
    "CASE rate_kind WHEN 'FREE_OVER' THEN free_over IS NOT NULL WHEN 'FLAT' THEN free_over IS NULL ELSE true END"
)


def upgrade() -> None:
    op.drop_constraint(op.f(NAME), "shipping_methods")
    op.create_check_constraint(op.f(NAME), "shipping_methods", OR_BY_WEIGHT)


def downgrade() -> None:
    """What was both becomes by weight alone."""
    op.execute("UPDATE shipping_methods SET free_over = NULL WHERE rate_kind = 'WEIGHT'")
    op.drop_constraint(op.f(NAME), "shipping_methods")
    op.create_check_constraint(op.f(NAME), "shipping_methods", "(rate_kind = 'FREE_OVER') = (free_over IS NOT NULL)")
