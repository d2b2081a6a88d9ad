"""Have the history of an order that is confirmed as it is placed tell each of its moves (decision 0059).

Checkout writes such an order once, where it placed it and moved it on before. Releases before this one go on doing so,
and their history stays the same.
"""

from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

PLACED = """
                PERFORM record_order_event(NEW.id, NULL, 'ORDER', NULL, NEW.status, reason);
                RETURN NULL;
"""
PLACED_AND_MOVED = """
                IF NEW.status <> 'CONFIRMED' THEN
                    PERFORM record_order_event(NEW.id, NULL, 'ORDER', NULL, NEW.status, reason);
                    RETURN NULL;
                END IF;
                DECLARE
                    actor jsonb := coalesce(nullif(current_setting('merkato.actor', true), ''), '{}')::jsonb;
                BEGIN
                    INSERT INTO order_events (
                        id, order_id, kind, from_state, to_state, text, actor_kind, actor_id, actor_name, recorded_at
                    )
                    SELECT
                        audit_entry_id(), NEW.id, move.kind, move.before, move.after, nullif(reason, ''),
                        coalesce(actor ->> 'kind', 'DATABASE'), (actor ->> 'account')::uuid, left(actor ->> 'name', 100),
                        clock_timestamp()
                    FROM (VALUES
                        ('ORDER', NULL, 'PENDING'),
                        ('ORDER', 'PENDING', NEW.status),
                        ('PAYMENT', 'PENDING', NEW.payment_status)
                    ) AS move (kind, before, after)
                    WHERE move.before IS DISTINCT FROM move.after;
                END;
                RETURN NULL;
"""
"""All by one statement, because each checkout waits for it. Of orders in other states it is not known how they came to
where they are: they are from elsewhere."""


def _record(placed: str) -> None:
    op.execute(f"""
    CREATE OR REPLACE FUNCTION record_order_move() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        DECLARE
            reason text := current_setting('merkato.order_reason', true);
        BEGIN
            IF reason <> '' THEN
                PERFORM set_config('merkato.order_reason', '', true);
            END IF;
            IF TG_OP = 'INSERT' THEN{placed}            END IF;
            IF NEW.status <> OLD.status THEN
                PERFORM record_order_event(NEW.id, NULL, 'ORDER', OLD.status, NEW.status, reason);
            END IF;
            IF NEW.payment_status <> OLD.payment_status THEN
                PERFORM record_order_event(
                    NEW.id, NULL, 'PAYMENT', OLD.payment_status, NEW.payment_status, reason
                );
            END IF;
            IF NEW.fulfillment_status <> OLD.fulfillment_status THEN
                PERFORM record_order_event(
                    NEW.id, NULL, 'FULFILLMENT', OLD.fulfillment_status, NEW.fulfillment_status, reason
                );
            END IF;
            RETURN NULL;
        END
    $$
    """)


def upgrade() -> None:
    _record(PLACED_AND_MOVED)


def downgrade() -> None:
    _record(PLACED)
