"""Make payments, their steps, how customers like to pay, and the messages of providers (decision 0046).

A buyer sees what was paid for their own orders, whoever may read payments sees all. What was promised, taken and given
back only grows, and a step that is settled stays as it is.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from uuid_utils.compat import uuid7

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

KINDS = "'CARD', 'BANK_TRANSFER', 'CASH_ON_DELIVERY'"
STATES = "'PENDING', 'REQUIRES_ACTION', 'FAILED', 'AUTHORIZED', 'CANCELLED', 'CAPTURED'"
STEPS = "'AUTHORIZE', 'CAPTURE', 'CANCEL', 'REFUND'"
STEP_STATES = "'PENDING', 'SUCCEEDED', 'FAILED'"
ACTORS = "'VISITOR', 'USER', 'API_TOKEN', 'JOB', 'COMMAND', 'DATABASE'"
OUTCOMES = "'APPLIED', 'IGNORED', 'UNKNOWN'"

GUEST = "(SELECT viewer_guest_id())"
OF_STAFF = "(SELECT viewer_may('payments:read'))"
SEEN = {
    "payments": (
        f"{OF_STAFF} OR EXISTS (SELECT FROM orders WHERE orders.id = order_id "
        f"AND (orders.user_id = (SELECT viewer_id()) OR orders.guest_id = {GUEST}))"
    ),
    "payment_transactions": f"{OF_STAFF} OR EXISTS (SELECT FROM payments WHERE payments.id = payment_id)",
    "payment_methods": "user_id = (SELECT viewer_id()) OR (SELECT viewer_may('accounts:read'))",
    "provider_events": OF_STAFF,
}

REPORTED = {
    "payment_methods": "id, user_id, provider, kind, label, is_active, created_at, updated_at",
    "provider_events": "id, provider, event_id, kind, received_at, applied_at, outcome",
}
"""What providers know of people is nothing for reports."""

RECORDED = {
    "payments": ("Its transactions say each step.", ["source"], ["updated_at", "checked_at"], False),
    "payment_transactions": ("It is a record itself: what is settled never changes.", ["reason"], [], False),
    "payment_methods": ("They are somebody's way to pay.", ["encrypted_details", "label"], ["updated_at"], True),
    "provider_events": ("It is a record itself.", ["payload"], [], False),
}
CONFIG = sa.table(
    "audit_config",
    sa.column("id", sa.Uuid()),
    sa.column("table_name", sa.Text()),
    sa.column("is_on", sa.Boolean()),
    sa.column("excluded_columns", postgresql.ARRAY(sa.Text())),
    sa.column("ignored_columns", postgresql.ARRAY(sa.Text())),
    sa.column("reason", sa.Text()),
)

FUNCTIONS = (
    """
    CREATE FUNCTION guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (NEW.order_id, NEW.provider, NEW.amount, NEW.currency)
                IS DISTINCT FROM (OLD.order_id, OLD.provider, OLD.amount, OLD.currency)
                OR NEW.authorized < OLD.authorized OR NEW.captured < OLD.captured OR NEW.refunded < OLD.refunded
            THEN
                RAISE EXCEPTION 'A payment stays what it is, and what was paid of it stays paid'
                    USING ERRCODE = 'check_violation', TABLE = 'payments', CONSTRAINT = 'ck_payments_monotone';
            END IF;
            RETURN NEW;
        END
    $$
    """,
    """
    CREATE FUNCTION sign_payment_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            actor jsonb := coalesce(nullif(current_setting('merkato.actor', true), ''), '{}')::jsonb;
        BEGIN
            NEW.actor_kind := coalesce(actor ->> 'kind', 'DATABASE');
            NEW.actor_id := (actor ->> 'account')::uuid;
            NEW.actor_name := left(actor ->> 'name', 100);
            RETURN NEW;
        END
    $$
    """,
    """
    CREATE FUNCTION guard_payment_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'A step of a payment that is settled stays as it is'
                USING ERRCODE = 'check_violation', TABLE = 'payment_transactions',
                    CONSTRAINT = 'ck_payment_transactions_settled';
        END
    $$
    """,
)
TRIGGERS = (
    "CREATE TRIGGER set_updated_at BEFORE UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION set_updated_at()",
    "CREATE TRIGGER set_updated_at BEFORE UPDATE ON payment_methods FOR EACH ROW EXECUTE FUNCTION set_updated_at()",
    "CREATE TRIGGER guard_payment BEFORE UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION guard_payment()",
    """
    CREATE TRIGGER sign_payment_transaction BEFORE INSERT ON payment_transactions
    FOR EACH ROW EXECUTE FUNCTION sign_payment_transaction()
    """,
    """
    CREATE TRIGGER guard_payment_transaction BEFORE UPDATE ON payment_transactions
    FOR EACH ROW WHEN (OLD.status <> 'PENDING') EXECUTE FUNCTION guard_payment_transaction()
    """,
    """
    CREATE TRIGGER payment_attention_on_insert AFTER INSERT ON payments
    FOR EACH ROW WHEN (NEW.attention IS NOT NULL) EXECUTE FUNCTION notify_event('payment_attention')
    """,
    """
    CREATE TRIGGER payment_attention_on_update AFTER UPDATE OF attention ON payments
    FOR EACH ROW WHEN (NEW.attention IS NOT NULL AND NEW.attention IS DISTINCT FROM OLD.attention)
    EXECUTE FUNCTION notify_event('payment_attention')
    """,
)


def upgrade() -> None:
    _create_payments()
    _create_transactions()
    _create_methods()
    _create_events()
    for statement in (*FUNCTIONS, *TRIGGERS):
        op.execute(statement)
    _guard()
    _record()


def _create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("status", sa.String(length=30), server_default=sa.text("'PENDING'"), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("authorized", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("captured", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("refunded", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("refunding", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("currency", sa.String(length=3), server_default=sa.text("'ETB'"), nullable=False),
        sa.Column("provider_reference", sa.String(length=255), nullable=True),
        sa.Column("source", sa.String(length=255), nullable=True),
        sa.Column("failure", sa.String(length=500), nullable=True),
        sa.Column("attention", sa.String(length=500), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_payments_paymentkind")),
        sa.CheckConstraint(f"status IN ({STATES})", name=op.f("ck_payments_paymentstate")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payments_amount")),
        sa.CheckConstraint("refunding >= 0", name=op.f("ck_payments_refunding")),
        sa.CheckConstraint(
            "0 <= refunded AND refunded + refunding <= captured AND captured <= authorized AND authorized <= amount",
            name=op.f("ck_payments_amounts"),
        ),
        sa.CheckConstraint("(status = 'CAPTURED') = (captured > 0)", name=op.f("ck_payments_captured")),
        sa.CheckConstraint("status <> 'AUTHORIZED' OR authorized > 0", name=op.f("ck_payments_authorized")),
        sa.CheckConstraint("provider <> ''", name=op.f("ck_payments_provider")),
        sa.CheckConstraint("version > 0", name=op.f("ck_payments_version")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payments_order_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("provider", "provider_reference", name=op.f("uq_payments_provider_provider_reference")),
    )
    op.create_index(op.f("ix_payments_order_id"), "payments", ["order_id"])
    op.create_index(op.f("ix_payments_created_at_id"), "payments", ["created_at", "id"])
    is_open = sa.text("status IN ('PENDING', 'REQUIRES_ACTION')")
    op.create_index("ix_payments_open", "payments", ["checked_at"], postgresql_where=is_open)
    op.create_index("ix_payments_attention", "payments", ["id"], postgresql_where=sa.text("attention IS NOT NULL"))


def _create_transactions() -> None:
    op.create_table(
        "payment_transactions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), server_default=sa.text("'ETB'"), nullable=False),
        sa.Column("provider_reference", sa.String(length=255), nullable=True),
        sa.Column("idempotency_key", sa.String(length=255), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("failure", sa.String(length=500), nullable=True),
        sa.Column("lines", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("actor_kind", sa.String(length=30), server_default=sa.text("'DATABASE'"), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=100), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"kind IN ({STEPS})", name=op.f("ck_payment_transactions_transactionkind")),
        sa.CheckConstraint(f"status IN ({STEP_STATES})", name=op.f("ck_payment_transactions_transactionstate")),
        sa.CheckConstraint(f"actor_kind IN ({ACTORS})", name=op.f("ck_payment_transactions_actorkind")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_payment_transactions_amount")),
        sa.CheckConstraint(
            "(status = 'PENDING') = (settled_at IS NULL)", name=op.f("ck_payment_transactions_settled_at")
        ),
        sa.CheckConstraint("status = 'FAILED' OR failure IS NULL", name=op.f("ck_payment_transactions_failure")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_payment_transactions_payment_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_transactions")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_payment_transactions_idempotency_key")),
    )
    op.create_index(
        op.f("ix_payment_transactions_payment_id_recorded_at_id"),
        "payment_transactions",
        ["payment_id", "recorded_at", "id"],
    )
    is_open = sa.text("status = 'PENDING'")
    op.create_index("ix_payment_transactions_open", "payment_transactions", ["recorded_at"], postgresql_where=is_open)
    op.create_index(
        "uq_payment_transactions_open_step",
        "payment_transactions",
        ["payment_id"],
        unique=True,
        postgresql_where=sa.text("status = 'PENDING' AND kind <> 'REFUND'"),
    )


def _create_methods() -> None:
    op.create_table(
        "payment_methods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("encrypted_details", sa.LargeBinary(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_payment_methods_paymentkind")),
        sa.CheckConstraint("label <> ''", name=op.f("ck_payment_methods_label")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_payment_methods_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_methods")),
    )
    op.create_index(op.f("ix_payment_methods_user_id"), "payment_methods", ["user_id"])


def _create_events() -> None:
    op.create_table(
        "provider_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=30), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=30), nullable=True),
        sa.CheckConstraint(f"outcome IN ({OUTCOMES})", name=op.f("ck_provider_events_eventoutcome")),
        sa.CheckConstraint("(applied_at IS NULL) = (outcome IS NULL)", name=op.f("ck_provider_events_applied_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_events")),
        sa.UniqueConstraint("provider", "event_id", name=op.f("uq_provider_events_provider_event_id")),
    )
    op.create_index(op.f("ix_provider_events_received_at_id"), "provider_events", ["received_at", "id"])


def _guard() -> None:
    for table, condition in SEEN.items():
        op.execute(f"GRANT SELECT ON {table} TO merkato_app")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY system ON {table} TO merkato_system USING (true)")
        op.execute(f"CREATE POLICY viewer ON {table} FOR SELECT TO merkato_app USING ({condition})")
        op.execute(f"CREATE POLICY reporting ON {table} FOR SELECT TO merkato_reporting USING (true)")
    op.execute("GRANT SELECT ON payments, payment_transactions TO merkato_reporting")
    for table, columns in REPORTED.items():
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO merkato_reporting")
    op.execute("REVOKE DELETE, TRUNCATE ON payments, payment_transactions FROM merkato_admin, merkato_system")


def _record() -> None:
    """What a release brings is no change by anybody."""
    op.execute("ALTER TABLE audit_config DISABLE TRIGGER record_change")
    for table, (reason, excluded, ignored, is_on) in RECORDED.items():
        op.execute(
            CONFIG.insert().values(
                id=uuid7(),
                table_name=table,
                is_on=is_on,
                excluded_columns=excluded,
                ignored_columns=ignored,
                reason=reason,
            )
        )
    op.execute("ALTER TABLE audit_config ENABLE ALWAYS TRIGGER record_change")


def downgrade() -> None:
    op.execute(CONFIG.delete().where(CONFIG.c.table_name.in_(RECORDED)))
    for table in ("provider_events", "payment_methods", "payment_transactions", "payments"):
        op.drop_table(table)
    op.execute("DROP FUNCTION guard_payment()")
    op.execute("DROP FUNCTION sign_payment_transaction()")
    op.execute("DROP FUNCTION guard_payment_transaction()")
