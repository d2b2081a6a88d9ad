"""Record the changes of tables, as audit_config says (decision 0028).

`record_change` belongs to whoever migrates and runs with their rights, so that those who write need none on the log.
It may be attached to tables by its owner only. The triggers are `ENABLE ALWAYS`, so that a restore or a replication
role (`session_replication_role`) does not silence them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

FUNCTIONS = (
    # A UUID of version 7 (RFC 9562, 5.7), for PostgreSQL before 18.
    """
    CREATE FUNCTION audit_entry_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
        SELECT encode(
            set_bit(
                set_bit(
                    overlay(
                        uuid_send(gen_random_uuid())
                        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                        FROM 1 FOR 6
                    ),
                    52, 1
                ),
                53, 1
            ),
            'hex'
        )::uuid
    $$
    """,
    # Its arguments: the columns of the key, those that are excluded, and those that are ignored.
    """
    CREATE FUNCTION record_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        DECLARE
            actor jsonb := coalesce(nullif(current_setting('merkato.actor', true), ''), '{}')::jsonb;
            excluded text[] := TG_ARGV[1]::text[];
            hidden text[] := excluded || TG_ARGV[2]::text[];
            before jsonb := '{}';
            after jsonb := '{}';
            kept jsonb;
            key text;
            withheld text[];
        BEGIN
            IF TG_OP <> 'INSERT' THEN
                before := to_jsonb(OLD);
                kept := before;
            END IF;
            IF TG_OP <> 'DELETE' THEN
                after := to_jsonb(NEW);
                kept := after;
            END IF;
            IF TG_ARGV[0] = '{id}' THEN
                key := kept ->> 'id';
            ELSE
                SELECT string_agg(kept ->> name, ',' ORDER BY place) INTO key
                FROM unnest(TG_ARGV[0]::text[]) WITH ORDINALITY AS keys (name, place);
            END IF;
            IF excluded = '{}' THEN
                withheld := '{}';
            ELSE
                withheld := ARRAY(
                    SELECT name FROM unnest(excluded) AS name
                    WHERE nullif(before -> name, 'null') IS DISTINCT FROM nullif(after -> name, 'null')
                );
            END IF;
            IF TG_OP = 'UPDATE' THEN
                SELECT coalesce(jsonb_object_agg(name, value), '{}'), coalesce(jsonb_object_agg(name, after -> name), '{}')
                INTO before, after
                FROM jsonb_each(before - hidden) AS columns (name, value)
                WHERE value IS DISTINCT FROM after -> name;
                IF after = '{}' AND withheld = '{}' THEN
                    RETURN NULL;
                END IF;
            ELSE
                before := before - hidden;
                after := after - hidden;
            END IF;
            INSERT INTO audit_log (
                id, recorded_at, table_name, row_key, action, old_values, new_values, withheld, actor_kind, actor_id,
                token_id, actor_name, database_role, address, user_agent, request_id
            )
            VALUES (
                audit_entry_id(), clock_timestamp(), TG_TABLE_NAME, key, TG_OP, before, after, withheld,
                coalesce(actor ->> 'kind', 'DATABASE'), (actor ->> 'account')::uuid, (actor ->> 'token')::uuid,
                left(actor ->> 'name', 100), session_user, left(actor ->> 'address', 45),
                left(actor ->> 'user_agent', 512), left(actor ->> 'request', 128)
            );
            RETURN NULL;
        END
    $$
    """,
    """
    CREATE FUNCTION record_truncation() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        DECLARE
            actor jsonb := coalesce(nullif(current_setting('merkato.actor', true), ''), '{}')::jsonb;
        BEGIN
            INSERT INTO audit_log (
                id, recorded_at, table_name, row_key, action, actor_kind, actor_id, token_id, actor_name,
                database_role, address, user_agent, request_id
            )
            VALUES (
                audit_entry_id(), clock_timestamp(), TG_TABLE_NAME, '', TG_OP,
                coalesce(actor ->> 'kind', 'DATABASE'), (actor ->> 'account')::uuid, (actor ->> 'token')::uuid,
                left(actor ->> 'name', 100), session_user, left(actor ->> 'address', 45),
                left(actor ->> 'user_agent', 512), left(actor ->> 'request', 128)
            );
            RETURN NULL;
        END
    $$
    """,
    # Whoever changes audit_config has to own the other table: it is its triggers that are made.
    """
    CREATE FUNCTION apply_audit_config() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            recorded regclass := format('public.%I', NEW.table_name)::regclass;
            columns text[] := ARRAY(
                SELECT attname::text FROM pg_attribute
                WHERE attrelid = recorded AND attnum > 0 AND NOT attisdropped
            );
            keys text[] := ARRAY(
                SELECT attname::text FROM pg_index
                CROSS JOIN unnest(indkey::int2[]) WITH ORDINALITY AS parts (number, place)
                JOIN pg_attribute ON attrelid = indrelid AND attnum = number
                WHERE indrelid = recorded AND indisprimary ORDER BY place
            );
            generated text[] := ARRAY(
                SELECT attname::text FROM pg_attribute WHERE attrelid = recorded AND attgenerated <> ''
            );
        BEGIN
            IF NOT columns @> NEW.excluded_columns OR NOT columns @> NEW.ignored_columns THEN
                RAISE EXCEPTION 'The table % has not all of these columns: %, %.',
                    NEW.table_name, NEW.excluded_columns, NEW.ignored_columns USING ERRCODE = 'undefined_column';
            END IF;
            IF NEW.is_on AND EXISTS (
                SELECT FROM pg_attribute WHERE attrelid = recorded AND attnum > 0 AND atttypid = 'json'::regtype
            ) THEN
                RAISE EXCEPTION 'The table % has columns of the type json, which may hold what jsonb refuses.',
                    NEW.table_name USING ERRCODE = 'feature_not_supported';
            END IF;
            IF NEW.table_name = 'audit_config' THEN
                RETURN NULL;  -- a table in use cannot be given triggers; the migration has made them
            END IF;
            IF NOT NEW.is_on THEN
                EXECUTE format('DROP TRIGGER IF EXISTS record_change ON %s', recorded);
                EXECUTE format('DROP TRIGGER IF EXISTS record_truncation ON %s', recorded);
                RETURN NULL;
            END IF;
            EXECUTE format(
                'CREATE OR REPLACE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON %s '
                'FOR EACH ROW EXECUTE FUNCTION record_change(%L, %L, %L)',
                recorded, keys, NEW.excluded_columns, NEW.ignored_columns || generated
            );
            EXECUTE format(
                'CREATE OR REPLACE TRIGGER record_truncation AFTER TRUNCATE ON %s '
                'FOR EACH STATEMENT EXECUTE FUNCTION record_truncation()',
                recorded
            );
            EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER record_change', recorded);
            EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER record_truncation', recorded);
            RETURN NULL;
        END
    $$
    """,
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is recorded of a table from the start, and why."""

    table: str
    reason: str
    excluded: Sequence[str] = ()
    ignored: Sequence[str] = ()
    is_on: bool = True


UPKEEP = ("updated_at",)

RECORDED = (
    Recorded("categories", "Staff arranges the catalogue.", ignored=("path", *UPKEEP)),
    Recorded(
        "products", "Staff changes what is sold, and for how much.", ignored=("review_count", "rating_sum", *UPKEEP)
    ),
    Recorded("product_variants", "Prices and costs.", ignored=UPKEEP),
    Recorded("product_images", "What customers are shown."),
    Recorded("product_tags", "What customers find."),
    Recorded("tags", "What customers find."),
    Recorded("stock_levels", "Stock is worth money.", ignored=UPKEEP),
    Recorded("services", "Staff changes what is offered.", ignored=UPKEEP),
    Recorded("service_tiers", "Prices.", ignored=UPKEEP),
    Recorded("shops", "Settings that concern everybody.", ignored=UPKEEP),
    Recorded("authors", "Who may be read as an author. The e-mail address is personal.", ("email",), UPKEEP),
    Recorded("post_categories", "Staff arranges the blog.", ignored=UPKEEP),
    Recorded(
        "posts",
        "Who wrote, changed and published what. Views and shares are counts.",
        ignored=("view_count", "share_count", *UPKEEP),
    ),
    Recorded("post_tags", "What readers find."),
    Recorded("reviews", "They come in masses, and say themselves who wrote them when.", ignored=UPKEEP, is_on=False),
    Recorded(
        "users",
        "Who may do what. Names, addresses and secrets stay out: what is deleted for a person is to be gone.",
        (
            "email",
            "username",
            "password_hash",
            "first_name",
            "last_name",
            "encrypted_phone",
            "phone_index",
            "avatar_url",
            "encrypted_data",
        ),
        ("last_login_at", *UPKEEP),
    ),
    Recorded(
        "addresses",
        "That somebody changed where orders go. Where a person lives stays out.",
        ("name", "company", "line1", "line2", "city", "region", "postal_code", "encrypted_phone"),
        UPKEEP,
    ),
    Recorded("api_tokens", "What machines may do. The token stays out.", ("token_hash",), ("last_used_at",)),
    Recorded(
        "external_identities", "Who vouches for an account. Whom they know stays out.", ("subject",), ("last_used_at",)
    ),
    Recorded(
        "totp_credentials",
        "Whether an account has a second factor. Its secret stays out.",
        ("encrypted_secret",),
        ("last_used_step",),
    ),
    Recorded("audit_config", "Who changes what is recorded. It cannot be turned off."),
    Recorded(
        "dead_letters", "The log of the worker tells of jobs, and they hold secrets.", ("payload", "error"), is_on=False
    ),
    Recorded("recovery_codes", "The security log says when they are replaced and used.", ("code_hash",), is_on=False),
    Recorded("user_security_logs", "It is a log itself.", ("details", "address", "user_agent"), is_on=False),
    Recorded(
        "user_sessions",
        "The security log says who signed in and out, and each refresh writes.",
        ("address", "user_agent"),
        ("last_used_at",),
        is_on=False,
    ),
    Recorded("refresh_tokens", "Each refresh writes.", ("token_hash", "successor_salt"), is_on=False),
    Recorded("one_time_tokens", "The security log says what they were used for.", ("email", "token_hash"), is_on=False),
    Recorded(
        "external_sign_ins",
        "They last for minutes, and the security log says what became of them.",
        ("token_hash", "state_hash", "nonce", "encrypted_verifier"),
        is_on=False,
    ),
    Recorded("throttles", "They are counters.", ("key_hash",), is_on=False),
)
"""Every table of the models. Those that change with every sign-in, and say nothing that another log does not, are off."""

RECORD_CONFIG = """
    CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON audit_config
    FOR EACH ROW EXECUTE FUNCTION record_change('{id}', '{}', '{}')
"""
RECORD_CONFIG_TRUNCATION = """
    CREATE TRIGGER record_truncation AFTER TRUNCATE ON audit_config
    FOR EACH STATEMENT EXECUTE FUNCTION record_truncation()
"""

CONFIG = sa.table(
    "audit_config",
    sa.column("id", sa.Uuid()),
    sa.column("table_name", sa.String()),
    sa.column("is_on", sa.Boolean()),
    sa.column("excluded_columns", sa.ARRAY(sa.Text())),
    sa.column("ignored_columns", sa.ARRAY(sa.Text())),
    sa.column("reason", sa.Text()),
)


def upgrade() -> None:
    for function in FUNCTIONS:
        op.execute(function)
    op.execute("REVOKE EXECUTE ON FUNCTION record_change(), record_truncation() FROM PUBLIC")
    op.execute("""
        CREATE TRIGGER apply_audit_config AFTER INSERT OR UPDATE ON audit_config
        FOR EACH ROW EXECUTE FUNCTION apply_audit_config()
    """)
    for recorded in RECORDED:
        _configure(recorded)
    op.execute(RECORD_CONFIG)
    op.execute(RECORD_CONFIG_TRUNCATION)
    op.execute("ALTER TABLE audit_config ENABLE ALWAYS TRIGGER record_change")
    op.execute("ALTER TABLE audit_config ENABLE ALWAYS TRIGGER record_truncation")


def _configure(recorded: Recorded) -> None:
    op.execute(
        CONFIG.insert().values(
            id=uuid7(),
            table_name=recorded.table,
            is_on=recorded.is_on,
            excluded_columns=list(recorded.excluded),
            ignored_columns=list(recorded.ignored),
            reason=recorded.reason,
        )
    )


def downgrade() -> None:
    for function in ("record_change", "record_truncation", "apply_audit_config"):
        op.execute(f"DROP FUNCTION {function}() CASCADE")
    op.execute("DROP FUNCTION audit_entry_id()")
    op.execute("DELETE FROM audit_config")
