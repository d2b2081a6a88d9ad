"""Make the audit log, its chain, and what is recorded of each table (decision 0028).

The partitions lie in the schema `audit`, on which nobody has any right: they are reached through `audit_log` alone,
whose policies hold for all of them. Entries that are not sealed yet lie in `audit.unsealed`, so that no write ever
waits for a partition that nobody has made.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

CHAIN_ID = "00000000-0000-7000-8000-000000000001"
BEGIN_CHAIN = """
    INSERT INTO audit_chain (id, removed_hash, sealed_hash, sealed_at)
    SELECT '00000000-0000-7000-8000-000000000001', beginning, beginning, now()
    FROM decode(repeat('00', 32), 'hex') AS beginning
"""
"""The hash before that of the first entry is all zeros."""

ACTIONS = "'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'"
ACTORS = "'VISITOR', 'USER', 'API_TOKEN', 'JOB', 'COMMAND', 'DATABASE'"


def upgrade() -> None:
    _create_log()
    _create_config()
    _create_chain()
    op.execute("CREATE SCHEMA IF NOT EXISTS audit")
    op.execute("CREATE TABLE audit.unsealed PARTITION OF audit_log FOR VALUES FROM ('infinity') TO (MAXVALUE)")
    _grant()


def _create_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), server_default=sa.text("'infinity'"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("old_values", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("new_values", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("withheld", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("actor_kind", sa.String(length=30), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("token_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=100), nullable=True),
        sa.Column("database_role", sa.String(length=63), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.Column("user_agent", sa.String(length=512), nullable=True),
        sa.Column("request_id", sa.String(length=128), nullable=True),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(sealed_at = 'infinity') = (position IS NULL)", name=op.f("ck_audit_log_position")),
        sa.CheckConstraint(
            "(position IS NULL) = (digest IS NULL) AND (digest IS NULL) = (hash IS NULL)",
            name=op.f("ck_audit_log_hashes"),
        ),
        sa.CheckConstraint(f"action IN ({ACTIONS})", name=op.f("ck_audit_log_auditaction")),
        sa.CheckConstraint(f"actor_kind IN ({ACTORS})", name=op.f("ck_audit_log_actorkind")),
        sa.PrimaryKeyConstraint("id", "sealed_at", name=op.f("pk_audit_log")),
        postgresql_partition_by="RANGE (sealed_at)",
    )
    op.create_index(op.f("ix_audit_log_recorded_at_id"), "audit_log", ["recorded_at", "id"])
    op.create_index(
        op.f("ix_audit_log_table_name_row_key_recorded_at"), "audit_log", ["table_name", "row_key", "recorded_at"]
    )
    op.create_index(
        op.f("ix_audit_log_actor_id_recorded_at"),
        "audit_log",
        ["actor_id", "recorded_at"],
        postgresql_where=sa.text("actor_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_audit_log_position"), "audit_log", ["position"])


def _create_config() -> None:
    op.create_table(
        "audit_config",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("is_on", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("excluded_columns", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("ignored_columns", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("retention_days", sa.Integer(), server_default=sa.text("730"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("retention_days BETWEEN 1 AND 36500", name=op.f("ck_audit_config_retention_days")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_audit_config_reason")),
        sa.CheckConstraint("NOT excluded_columns && ignored_columns", name=op.f("ck_audit_config_columns")),
        sa.CheckConstraint(
            "table_name <> 'audit_config' OR is_on AND excluded_columns = '{}' AND ignored_columns = '{}'",
            name=op.f("ck_audit_config_itself"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_config")),
        sa.UniqueConstraint("table_name", name=op.f("uq_audit_config_table_name")),
    )


def _create_chain() -> None:
    op.create_table(
        "audit_chain",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("removed_position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("removed_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sealed_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"id = '{CHAIN_ID}'", name=op.f("ck_audit_chain_only_one")),
        sa.CheckConstraint(
            "0 <= removed_position AND removed_position <= sealed_position", name=op.f("ck_audit_chain_positions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_chain")),
    )
    op.execute(BEGIN_CHAIN)


def _grant() -> None:
    """Whoever sees accounts of changes sees them all; nobody but the owner's own functions writes any of it."""
    for table in ("audit_log", "audit_config", "audit_chain"):
        op.execute(f"REVOKE ALL ON {table} FROM merkato_admin, merkato_system")
        op.execute(f"GRANT SELECT ON {table} TO merkato_admin, merkato_system, merkato_reporting")
    op.execute("GRANT SELECT ON audit_log TO merkato_app")
    op.execute("ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY system ON audit_log FOR SELECT TO merkato_system USING (true)")
    op.execute("CREATE POLICY reporting ON audit_log FOR SELECT TO merkato_reporting USING (true)")
    op.execute(
        "CREATE POLICY viewer ON audit_log FOR SELECT TO merkato_app "
        "USING ((SELECT viewer_may('audit:read')) AND forgotten_at IS NULL)"
    )


def downgrade() -> None:
    op.drop_table("audit_chain")
    op.drop_table("audit_config")
    op.drop_table("audit_log")
    op.execute("DROP SCHEMA audit")
