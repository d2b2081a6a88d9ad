"""Let the history of orders be rid of what a buyer has written into it, once they are forgotten.

Nobody changes that history but by this function, which belongs to whoever migrates and runs with their rights.
"""

from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

FORGET_REASONS = """
    CREATE FUNCTION forget_order_reasons(buyer uuid) RETURNS void LANGUAGE sql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        UPDATE order_events SET text = NULL FROM orders
        WHERE orders.id = order_events.order_id AND orders.user_id = buyer
            AND order_events.kind <> 'NOTE' AND order_events.text IS NOT NULL
            AND (order_events.actor_id = buyer OR order_events.actor_kind = 'VISITOR')
    $$
"""
"""As a visitor they acted while they were a guest."""


def upgrade() -> None:
    op.execute(FORGET_REASONS)
    op.execute("REVOKE EXECUTE ON FUNCTION forget_order_reasons(uuid) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION forget_order_reasons(uuid) TO merkato_system")


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_order_reasons(uuid)")
