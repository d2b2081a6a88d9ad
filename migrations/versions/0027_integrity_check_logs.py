"""Keep the results of `merkato check-integrity`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from uuid_utils.compat import uuid7

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "integrity_check_logs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("repaired", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("status IN ('PASS', 'FAIL')", name=op.f("ck_integrity_check_logs_integritystatus")),
        sa.CheckConstraint("total >= 0 AND repaired >= 0", name=op.f("ck_integrity_check_logs_counts")),
        sa.CheckConstraint("(status = 'PASS') = (total = 0)", name=op.f("ck_integrity_check_logs_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integrity_check_logs")),
    )
    op.create_index(op.f("ix_integrity_check_logs_checked_at"), "integrity_check_logs", ["checked_at"])
    op.execute("GRANT SELECT ON integrity_check_logs TO merkato_reporting")
    recorded = sa.table("audit_config", sa.column("id", sa.Uuid()), *map(sa.column, ("table_name", "reason", "is_on")))
    row = {"table_name": "integrity_check_logs", "reason": "It is a log itself.", "is_on": False}
    op.execute(recorded.insert().values(id=uuid7(), **row))


def downgrade() -> None:
    op.execute("DELETE FROM audit_config WHERE table_name = 'integrity_check_logs'")
    op.drop_table("integrity_check_logs")
