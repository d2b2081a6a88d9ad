"""Let those who may see how the database does see what others do in it (domain/database_statistics.py).

PostgreSQL shows the sessions and the statements of others to nobody but superusers and members of pg_monitor, and the
server acts as a role that is neither. These functions look with the rights of whoever migrates, and show what they find
to viewers with `database:read` alone. An owner who is no member of pg_monitor sees that there are sessions, and no more.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

FUNCTIONS = (
    # Of background processes nothing is shown but that they are there; they are in no database, or have a kind.
    """
    CREATE FUNCTION database_sessions()
    RETURNS TABLE (is_here boolean, application text, state text, seconds double precision)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT datname = current_database(), application_name, state,
               greatest(extract(epoch FROM clock_timestamp() - xact_start), 0)::float8
        FROM pg_stat_activity
        WHERE (backend_type = 'client backend' OR (backend_type IS NULL AND datname IS NOT NULL))
          AND viewer_may('database:read')
    $$
    """,
    # Only what reads and writes rows: other statements are kept with their values, which may be passwords.
    r"""
    CREATE FUNCTION database_statements(most integer)
    RETURNS TABLE (
        absence text, statement text, calls bigint, total_seconds double precision, mean_milliseconds double precision,
        rows bigint
    )
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        DECLARE
            place text := (
                SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
                WHERE extname = 'pg_stat_statements'
            );
        BEGIN
            IF NOT viewer_may('database:read') THEN
                RETURN;
            END IF;
            absence := CASE
                WHEN place IS NULL THEN 'NOT_INSTALLED'
                WHEN NOT pg_has_role('pg_read_all_stats', 'USAGE') THEN 'NOT_PERMITTED'
            END;
            IF absence IS NULL THEN
                BEGIN
                    RETURN QUERY EXECUTE format(
                        'SELECT NULL::text, left(query, 2000), calls, total_exec_time / 1000, mean_exec_time, rows '
                        'FROM %I.pg_stat_statements '
                        'WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) '
                        'AND query ~* ''^\s*(select|insert|update|delete|merge|with)\M'' '
                        'ORDER BY total_exec_time DESC LIMIT $1', place
                    ) USING most;
                EXCEPTION
                    WHEN object_not_in_prerequisite_state THEN absence := 'NOT_LOADED';
                END;
            END IF;
            IF absence IS NOT NULL THEN
                RETURN NEXT;
            END IF;
        END
    $$
    """,
)

SIGNATURES = "database_sessions(), database_statements(integer)"


def upgrade() -> None:
    for function in FUNCTIONS:
        op.execute(function)
    op.execute(f"REVOKE EXECUTE ON FUNCTION {SIGNATURES} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURES} TO merkato_app")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURES}")
