"""Seal the audit log in a chain of hashes, make its partitions ahead, and remove what retention gives up (decision 0028).

The functions belong to whoever migrates; the server may call them, and has no other way to touch the log. The texts
that are hashed are in domain/audit_chain.py as well, so that to verify does not rest on what the database says of them.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

FUNCTIONS = (
    # What an entry says. Times are seconds since 1970, so that no setting of a session changes the text.
    """
    CREATE FUNCTION audit_content(entry audit_log) RETURNS text LANGUAGE sql STABLE AS $$
        SELECT jsonb_build_array(
            entry.id, extract(epoch FROM entry.recorded_at), entry.table_name, entry.row_key, entry.action,
            entry.old_values, entry.new_values, entry.withheld, entry.actor_kind, entry.actor_id, entry.token_id,
            entry.actor_name, entry.database_role, entry.address, entry.user_agent, entry.request_id
        )::text
    $$
    """,
    # Where it stands. It outlives what the entry says.
    """
    CREATE FUNCTION audit_place(entry audit_log) RETURNS text LANGUAGE sql STABLE AS $$
        SELECT concat_ws(' ', entry.position, entry.id, entry.table_name, extract(epoch FROM entry.sealed_at))
    $$
    """,
    # To attach a partition lets others write meanwhile, where to create it as one would not.
    """
    CREATE FUNCTION make_audit_partition(moment timestamptz) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
        DECLARE
            month timestamptz := date_trunc('month', moment);
            name text := to_char(month, '"sealed_"YYYY_MM');
        BEGIN
            IF to_regclass('audit.' || name) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE audit.%I (LIKE public.audit_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name
                );
                EXECUTE format(
                    'ALTER TABLE public.audit_log ATTACH PARTITION audit.%I FOR VALUES FROM (%L) TO (%L)',
                    name, month, month + interval '1 month'
                );
            END IF;
        END
    $$
    """,
    # Seals the oldest entries that are committed; gives how many. The lock on the chain lets one seal at a time, and
    # what is read after it was waited for is all that the one before has left.
    """
    CREATE FUNCTION seal_audit_log(most integer) RETURNS integer LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        DECLARE
            chain audit_chain;
            entry audit_log;
            sealed integer := 0;
        BEGIN
            SELECT * INTO STRICT chain FROM audit_chain FOR UPDATE;
            chain.sealed_at := greatest(clock_timestamp(), chain.sealed_at);
            PERFORM make_audit_partition(chain.sealed_at);
            FOR entry IN
                SELECT * FROM audit_log WHERE sealed_at = 'infinity' ORDER BY recorded_at, id LIMIT most
            LOOP
                chain.sealed_position := chain.sealed_position + 1;
                entry.position := chain.sealed_position;
                entry.sealed_at := chain.sealed_at;
                entry.digest := sha256(convert_to(audit_content(entry), 'UTF8'));
                chain.sealed_hash := sha256(
                    chain.sealed_hash || entry.digest || convert_to(audit_place(entry), 'UTF8')
                );
                UPDATE audit_log
                SET sealed_at = entry.sealed_at, position = entry.position, digest = entry.digest,
                    hash = chain.sealed_hash
                WHERE id = entry.id AND sealed_at = 'infinity';
                sealed := sealed + 1;
            END LOOP;
            IF sealed > 0 THEN
                UPDATE audit_chain
                SET sealed_position = chain.sealed_position, sealed_hash = chain.sealed_hash,
                    sealed_at = chain.sealed_at;
            END IF;
            RETURN sealed;
        END
    $$
    """,
    # Empties what its table keeps no longer, and drops the months in which nothing else is left.
    """
    CREATE FUNCTION keep_audit_log_at(moment timestamptz) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
        DECLARE
            config audit_config;
            longest interval := make_interval(days => (SELECT coalesce(max(retention_days), 730) FROM audit_config));
            month record;
            newest record;
        BEGIN
            PERFORM 1 FROM audit_chain FOR UPDATE;
            FOR ahead IN 0..3 LOOP
                PERFORM make_audit_partition(date_trunc('month', moment) + make_interval(months => ahead));
            END LOOP;
            FOR month IN
                SELECT relname AS name, to_timestamp(relname, '"sealed_"YYYY_MM') + interval '1 month' AS until
                FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                WHERE inhparent = 'public.audit_log'::regclass AND relname LIKE 'sealed\\_%' ORDER BY relname
            LOOP
                EXIT WHEN month.until > moment - longest;
                EXECUTE format('SELECT position, hash FROM audit.%I ORDER BY position DESC LIMIT 1', month.name)
                INTO newest;
                IF newest.position IS NOT NULL THEN
                    UPDATE audit_chain SET removed_position = newest.position, removed_hash = newest.hash;
                END IF;
                EXECUTE format('DROP TABLE audit.%I', month.name);
            END LOOP;
            FOR config IN SELECT * FROM audit_config LOOP
                UPDATE audit_log
                SET forgotten_at = moment, row_key = '', old_values = '{}', new_values = '{}', withheld = '{}',
                    actor_id = NULL, token_id = NULL, actor_name = NULL, address = NULL, user_agent = NULL,
                    request_id = NULL
                WHERE table_name = config.table_name AND forgotten_at IS NULL
                  AND sealed_at < moment - make_interval(days => config.retention_days);
            END LOOP;
        END
    $$
    """,
    """
    CREATE FUNCTION keep_audit_log() RETURNS void LANGUAGE sql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS 'SELECT keep_audit_log_at(now())'
    """,
)

FOR_THE_SERVER = ("seal_audit_log(integer)", "keep_audit_log()")
FOR_THE_OWNER = ("make_audit_partition(timestamptz)", "keep_audit_log_at(timestamptz)")
"""Told of another time than now, they would remove what is to be kept."""


def upgrade() -> None:
    for function in FUNCTIONS:
        op.execute(function)
    op.execute(f"REVOKE EXECUTE ON FUNCTION {', '.join(FOR_THE_SERVER + FOR_THE_OWNER)} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {', '.join(FOR_THE_SERVER)} TO merkato_system")
    op.execute("SELECT keep_audit_log_at(now())")


def downgrade() -> None:
    for function in reversed((*FOR_THE_OWNER, *FOR_THE_SERVER)):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP FUNCTION audit_place(audit_log)")
    op.execute("DROP FUNCTION audit_content(audit_log)")
