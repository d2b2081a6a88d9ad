"""Keep a movement of every change of a stock level, and let orders wait for units where the variant's policy permits.

`record_stock_movements` belongs to whoever migrates and runs with their rights, so that those who change a level need
none on the movements, and no level changes without one (decision 0036). What a restore or a replica writes was recorded
before, so the triggers are ordinary ones.
"""

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KINDS = "'RECEIVED', 'RESERVED', 'RELEASED', 'SOLD', 'RETURNED', 'CORRECTED'"
ACTORS = "'VISITOR', 'USER', 'API_TOKEN', 'JOB', 'COMMAND', 'DATABASE'"
CHANGES = """
    CASE kind WHEN 'RESERVED' THEN quantity_change = 0 AND reserved_change > 0
    WHEN 'RELEASED' THEN quantity_change = 0 AND reserved_change < 0
    WHEN 'SOLD' THEN quantity_change < 0 AND reserved_change = quantity_change
    WHEN 'CORRECTED' THEN quantity_change <> 0 OR reserved_change <> 0
    ELSE quantity_change > 0 AND reserved_change = 0 END
"""

FUNCTIONS = (
    # Units that are missing may be promised while the policy says so. Those that were promised then stay promised when
    # it says so no more; the constraint refuses any further one.
    """
    CREATE FUNCTION permit_backorders() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            missing integer := greatest(NEW.reserved - NEW.quantity, 0);
            permitted integer := CASE WHEN TG_OP = 'UPDATE' THEN OLD.backordered ELSE 0 END;
        BEGIN
            IF missing > permitted AND EXISTS (
                SELECT FROM product_variants WHERE id = NEW.variant_id AND backorder_policy = 'ALLOW'
            ) THEN
                permitted := missing;
            END IF;
            NEW.backordered := least(missing, permitted);
            RETURN NEW;
        END
    $$
    """,
    # The setting says why, for one statement. Without it the numbers were written by somebody who knows of no movements.
    """
    CREATE FUNCTION record_stock_movements() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        DECLARE
            actor jsonb := coalesce(nullif(current_setting('merkato.actor', true), ''), '{}')::jsonb;
            why jsonb := coalesce(nullif(current_setting('merkato.stock', true), ''), '{}')::jsonb;
        BEGIN
            IF why <> '{}' THEN
                PERFORM set_config('merkato.stock', '', true);
            END IF;
            IF TG_OP = 'INSERT' THEN
                INSERT INTO stock_movements (
                    id, stock_level_id, kind, quantity_change, reserved_change, quantity_after, reserved_after,
                    reason, cause, cause_id, actor_kind, actor_id, actor_name, recorded_at
                )
                SELECT
                    audit_entry_id(), id,
                    coalesce(why ->> 'kind', CASE WHEN reserved = 0 THEN 'RECEIVED' ELSE 'CORRECTED' END),
                    quantity, reserved, quantity, reserved, why ->> 'reason', why ->> 'cause',
                    (why ->> 'cause_id')::uuid, coalesce(actor ->> 'kind', 'DATABASE'), (actor ->> 'account')::uuid,
                    left(actor ->> 'name', 100), clock_timestamp()
                FROM levels WHERE quantity <> 0 OR reserved <> 0;
            ELSE
                INSERT INTO stock_movements (
                    id, stock_level_id, kind, quantity_change, reserved_change, quantity_after, reserved_after,
                    reason, cause, cause_id, actor_kind, actor_id, actor_name, recorded_at
                )
                SELECT
                    audit_entry_id(), id, coalesce(why ->> 'kind', 'CORRECTED'), levels.quantity - before.quantity,
                    levels.reserved - before.reserved, levels.quantity, levels.reserved, why ->> 'reason',
                    why ->> 'cause', (why ->> 'cause_id')::uuid, coalesce(actor ->> 'kind', 'DATABASE'),
                    (actor ->> 'account')::uuid, left(actor ->> 'name', 100), clock_timestamp()
                FROM levels JOIN levels_before AS before USING (id)
                WHERE levels.quantity <> before.quantity OR levels.reserved <> before.reserved;
            END IF;
            RETURN NULL;
        END
    $$
    """,
    """
    CREATE FUNCTION notify_low_stock() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM product_variants WHERE id = NEW.variant_id AND tracks_stock) THEN
                PERFORM pg_notify('merkato_events', 'stock_low:' || NEW.variant_id);
            END IF;
            RETURN NULL;
        END
    $$
    """,
)

TRIGGERS = (
    """
    CREATE TRIGGER permit_backorders BEFORE INSERT OR UPDATE ON stock_levels
    FOR EACH ROW WHEN (NEW.reserved > NEW.quantity OR NEW.backordered <> 0) EXECUTE FUNCTION permit_backorders()
    """,
    """
    CREATE TRIGGER record_stock_of_new AFTER INSERT ON stock_levels REFERENCING NEW TABLE AS levels
    FOR EACH STATEMENT EXECUTE FUNCTION record_stock_movements()
    """,
    """
    CREATE TRIGGER record_stock_changes AFTER UPDATE ON stock_levels
    REFERENCING OLD TABLE AS levels_before NEW TABLE AS levels
    FOR EACH STATEMENT EXECUTE FUNCTION record_stock_movements()
    """,
    """
    CREATE TRIGGER notify_low_stock AFTER UPDATE ON stock_levels FOR EACH ROW
    WHEN (
        NEW.quantity - NEW.reserved < greatest(NEW.minimum_level, 1)
        AND OLD.quantity - OLD.reserved >= greatest(OLD.minimum_level, 1)
    )
    EXECUTE FUNCTION notify_low_stock()
    """,
)

OPENING_MOVEMENTS = """
    INSERT INTO stock_movements (
        id, stock_level_id, kind, quantity_change, reserved_change, quantity_after, reserved_after, reason, actor_kind
    )
    SELECT audit_entry_id(), id, 'CORRECTED', quantity, reserved, quantity, reserved, 'What there was.', 'DATABASE'
    FROM stock_levels WHERE quantity <> 0 OR reserved <> 0
"""

RECORD_NO_NUMBERS = """
    UPDATE audit_config
    SET ignored_columns = ignored_columns || '{quantity,reserved,backordered}'::text[],
        reason = 'What is scarce is worth an alarm. The numbers have movements of their own.'
    WHERE table_name = 'stock_levels'
"""
RECORD_NUMBERS = """
    UPDATE audit_config
    SET ignored_columns = '{updated_at}', reason = 'Stock is worth money.' WHERE table_name = 'stock_levels'
"""


def upgrade() -> None:
    op.add_column("stock_levels", sa.Column("backordered", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column(
        "stock_levels",
        sa.Column("available", sa.Integer(), sa.Computed("quantity - reserved", persisted=True), nullable=False),
    )
    op.create_check_constraint(op.f("ck_stock_levels_backordered"), "stock_levels", "backordered >= 0")
    op.drop_constraint(op.f("ck_stock_levels_reserved"), "stock_levels")
    op.create_check_constraint(
        op.f("ck_stock_levels_reserved"), "stock_levels", "reserved BETWEEN 0 AND quantity + backordered"
    )
    _create_movements()
    _guard()
    for statement in (*FUNCTIONS, OPENING_MOVEMENTS, *TRIGGERS, RECORD_NO_NUMBERS):
        op.execute(statement)
    op.execute("REVOKE EXECUTE ON FUNCTION record_stock_movements() FROM PUBLIC")


def _create_movements() -> None:
    op.create_table(
        "stock_movements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("stock_level_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("quantity_change", sa.Integer(), nullable=False),
        sa.Column("reserved_change", sa.Integer(), nullable=False),
        sa.Column("quantity_after", sa.Integer(), nullable=False),
        sa.Column("reserved_after", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("cause", sa.String(length=63), nullable=True),
        sa.Column("cause_id", sa.Uuid(), nullable=True),
        sa.Column("actor_kind", sa.String(length=30), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=100), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_stock_movements_movementkind")),
        sa.CheckConstraint(f"actor_kind IN ({ACTORS})", name=op.f("ck_stock_movements_actorkind")),
        sa.CheckConstraint(CHANGES, name=op.f("ck_stock_movements_changes")),
        sa.CheckConstraint("(cause IS NULL) = (cause_id IS NULL)", name=op.f("ck_stock_movements_cause")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_stock_movements_reason")),
        sa.ForeignKeyConstraint(
            ["stock_level_id"],
            ["stock_levels.id"],
            name=op.f("fk_stock_movements_stock_level_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movements")),
    )
    op.create_index(
        op.f("ix_stock_movements_stock_level_id_number"), "stock_movements", ["stock_level_id", "number"], unique=True
    )
    op.create_index(
        op.f("ix_stock_movements_cause_id"),
        "stock_movements",
        ["cause_id"],
        postgresql_where=sa.text("cause_id IS NOT NULL"),
    )


def _guard() -> None:
    """Staff sees the movements; nobody but the owner's own function writes any."""
    op.execute("REVOKE ALL ON stock_movements FROM merkato_admin, merkato_system")
    op.execute("GRANT SELECT ON stock_movements TO merkato_admin, merkato_system, merkato_app, merkato_reporting")
    op.execute("ALTER TABLE stock_movements ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY system ON stock_movements FOR SELECT TO merkato_system USING (true)")
    op.execute("CREATE POLICY reporting ON stock_movements FOR SELECT TO merkato_reporting USING (true)")
    op.execute(
        "CREATE POLICY viewer ON stock_movements FOR SELECT TO merkato_app USING ((SELECT viewer_may('stock:read')))"
    )
    recorded = sa.table("audit_config", sa.column("id", sa.Uuid()), *map(sa.column, ("table_name", "reason", "is_on")))
    reason = "It is a record itself: a trigger writes it, and nobody changes it."
    op.execute(recorded.insert().values(id=uuid7(), table_name="stock_movements", reason=reason, is_on=False))


def downgrade() -> None:
    op.execute(RECORD_NUMBERS)
    op.execute("DELETE FROM audit_config WHERE table_name = 'stock_movements'")
    op.drop_table("stock_movements")
    for function in ("permit_backorders", "record_stock_movements", "notify_low_stock"):
        op.execute(f"DROP FUNCTION {function}() CASCADE")
    op.drop_constraint(op.f("ck_stock_levels_reserved"), "stock_levels")
    op.execute("UPDATE stock_levels SET reserved = quantity WHERE reserved > quantity")
    op.create_check_constraint(op.f("ck_stock_levels_reserved"), "stock_levels", "reserved BETWEEN 0 AND quantity")
    op.drop_constraint(op.f("ck_stock_levels_backordered"), "stock_levels")
    op.drop_column("stock_levels", "available")
    op.drop_column("stock_levels", "backordered")
