"""Keep the keys of requests that are done once, however often they are sent."""

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("operation", sa.String(length=63), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("key <> ''", name=op.f("ck_idempotency_keys_key")),
        sa.CheckConstraint("octet_length(request_hash) = 32", name=op.f("ck_idempotency_keys_request_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint("actor_id", "key", name=op.f("uq_idempotency_keys_actor_id_key")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"])
    op.execute("ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY system ON idempotency_keys TO merkato_system USING (true)")
    columns = ("table_name", "reason", "is_on", "excluded_columns")
    recorded = sa.table("audit_config", sa.column("id", sa.Uuid()), *map(sa.column, columns))
    op.execute(
        recorded.insert().values(
            id=uuid7(),
            table_name="idempotency_keys",
            reason="They only say that what they were sent with is done.",
            is_on=False,
            excluded_columns=sa.text("'{key,request_hash}'"),
        )
    )


def downgrade() -> None:
    op.execute("DELETE FROM audit_config WHERE table_name = 'idempotency_keys'")
    op.drop_table("idempotency_keys")
