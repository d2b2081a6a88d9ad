"""Let buyers keep what they pay with: the payment says so, and each card is kept once."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

ONCE = "uq_payment_methods_user_id_provider_mark_index"

LEAVE_OUT = "UPDATE audit_config SET excluded_columns = {} WHERE table_name = 'payment_methods'"
"""What the audit log does not keep: a mark tells cards of equal numbers from others."""


def upgrade() -> None:
    op.add_column("payments", sa.Column("source_customer", sa.String(length=255), nullable=True))
    op.add_column("payments", sa.Column("keeps_source", sa.Boolean(), server_default=sa.false(), nullable=False))
    unmarked = sa.text("uuid_send(gen_random_uuid())")
    op.add_column("payment_methods", sa.Column("mark_index", sa.LargeBinary(), server_default=unmarked, nullable=False))
    op.alter_column("payment_methods", "mark_index", server_default=None)
    op.create_unique_constraint(op.f(ONCE), "payment_methods", ["user_id", "provider", "mark_index"])
    op.drop_index(op.f("ix_payment_methods_user_id"), "payment_methods")
    op.execute(LEAVE_OUT.format("excluded_columns || '{mark_index}'"))


def downgrade() -> None:
    op.execute(LEAVE_OUT.format("array_remove(excluded_columns, 'mark_index')"))
    op.create_index(op.f("ix_payment_methods_user_id"), "payment_methods", ["user_id"])
    op.drop_column("payment_methods", "mark_index")
    op.drop_column("payments", "keeps_source")
    op.drop_column("payments", "source_customer")
