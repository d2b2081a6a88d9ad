"""Let a refund be undone that the bank has sent back: by a step of its own, once (decision 0046)."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

KIND = "ck_payment_transactions_transactionkind"
KINDS = "'AUTHORIZE', 'CAPTURE', 'CANCEL', 'REFUND'"
REVERSAL = "'REFUND_REVERSAL'"

GUARD = """
    CREATE OR REPLACE FUNCTION guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (NEW.order_id, NEW.provider, NEW.amount, NEW.currency)
                IS DISTINCT FROM (OLD.order_id, OLD.provider, OLD.amount, OLD.currency)
                OR NEW.authorized < OLD.authorized OR NEW.captured < OLD.captured OR {refunded}
            THEN
                RAISE EXCEPTION 'A payment stays what it is, and what was paid of it stays paid'
                    USING ERRCODE = 'check_violation', TABLE = 'payments', CONSTRAINT = 'ck_payments_monotone';
            END IF;
            RETURN NEW;
        END
    $$
"""
ONLY_GROWS = "NEW.refunded < OLD.refunded"
AS_ITS_STEPS_SAY = """NEW.refunded < OLD.refunded AND NEW.refunded <> (
    SELECT coalesce(sum(CASE kind WHEN 'REFUND' THEN amount ELSE -amount END), 0) FROM payment_transactions
    WHERE payment_id = NEW.id AND status = 'SUCCEEDED' AND kind IN ('REFUND', 'REFUND_REVERSAL')
)"""


def upgrade() -> None:
    op.add_column("payment_transactions", sa.Column("reverses_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_payment_transactions_reverses_id"),
        "payment_transactions",
        "payment_transactions",
        ["reverses_id"],
        ["id"],
        ondelete="RESTRICT",
    )
    op.create_unique_constraint(op.f("uq_payment_transactions_reverses_id"), "payment_transactions", ["reverses_id"])
    op.create_index(
        "uq_payment_transactions_refund",
        "payment_transactions",
        ["payment_id", "provider_reference"],
        unique=True,
        postgresql_where=sa.text("kind = 'REFUND' AND provider_reference IS NOT NULL"),
    )
    _replace(KIND, f"kind IN ({KINDS}, {REVERSAL})")
    for name, rule in (
        ("reverses", f"(kind = {REVERSAL}) = (reverses_id IS NOT NULL)"),
        ("reversed", f"kind <> {REVERSAL} OR status = 'SUCCEEDED'"),
    ):
        op.create_check_constraint(op.f(f"ck_payment_transactions_{name}"), "payment_transactions", rule)
    op.execute(GUARD.format(refunded=AS_ITS_STEPS_SAY))


def _replace(name: str, rule: str) -> None:
    op.drop_constraint(op.f(name), "payment_transactions")
    op.create_check_constraint(op.f(name), "payment_transactions", rule)


def downgrade() -> None:
    """It is refused while there is a step that the release before has no word for."""
    op.execute(GUARD.format(refunded=ONLY_GROWS))
    for name in ("reversed", "reverses"):
        op.drop_constraint(op.f(f"ck_payment_transactions_{name}"), "payment_transactions")
    _replace(KIND, f"kind IN ({KINDS})")
    op.drop_index("uq_payment_transactions_refund", "payment_transactions")
    op.drop_column("payment_transactions", "reverses_id")
