"""Make the roles that the database is used as, and grant each what it needs (decision 0022).

Roles belong to the whole server, so that another database may have made them, or be making them right now. To make
them takes CREATEROLE and no superuser; whoever may not is told what an administrator has to run.
"""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ADMIN, APP, SYSTEM, REPORTING = ROLES = ("merkato_admin", "merkato_app", "merkato_system", "merkato_reporting")

MAKE_ROLES = """
    DO $$
        DECLARE
            wanted text;
        BEGIN
            FOREACH wanted IN ARRAY ARRAY['merkato_admin', 'merkato_app', 'merkato_system', 'merkato_reporting'] LOOP
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                    BEGIN
                        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
                    EXCEPTION
                        WHEN duplicate_object OR unique_violation THEN NULL;  -- somebody was faster
                    END;
                END IF;
                IF (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = wanted) THEN
                    RAISE EXCEPTION 'The role % bypasses row-level security. '
                        'Run ALTER ROLE % NOSUPERUSER NOBYPASSRLS, then migrate again', wanted, wanted;
                END IF;
            END LOOP;
        EXCEPTION
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'The role % may not make roles. Have an administrator run: CREATE ROLE merkato_admin; '
                    'CREATE ROLE merkato_app; CREATE ROLE merkato_system; CREATE ROLE merkato_reporting; '
                    'GRANT merkato_system TO merkato_admin; GRANT merkato_app, merkato_system TO %; '
                    'then migrate again', current_user, quote_ident(current_user)
                    USING ERRCODE = 'insufficient_privilege';
        END
    $$
"""

JOIN_ROLES = """
    DO $$
        DECLARE
            enough text := CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END;
            wanted text;
        BEGIN
            IF NOT pg_has_role('merkato_admin', 'merkato_system', 'MEMBER') THEN
                GRANT merkato_system TO merkato_admin;
            END IF;
            FOREACH wanted IN ARRAY ARRAY['merkato_app', 'merkato_system'] LOOP
                IF NOT pg_has_role(wanted, enough) THEN
                    EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
                END IF;
            END LOOP;
        EXCEPTION
            WHEN unique_violation THEN NULL;  -- somebody was faster
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'The role % may not grant the roles that others made. Have an administrator run: '
                    'GRANT merkato_system TO merkato_admin; GRANT merkato_app, merkato_system TO %; '
                    'then migrate again', current_user, quote_ident(current_user)
                    USING ERRCODE = 'insufficient_privilege';
        END
    $$
"""
"""Whoever migrates may act as the roles of the server, and those who administer as the server itself."""

PUBLIC_TABLES = (
    "authors",
    "categories",
    "post_categories",
    "post_tags",
    "posts",
    "product_images",
    "product_tags",
    "product_variants",
    "products",
    "reviews",
    "service_tiers",
    "services",
    "shops",
    "stock_levels",
    "tags",
    "users",
)
PERSONAL_TABLES = (
    "addresses",
    "api_tokens",
    "dead_letters",
    "external_identities",
    "user_security_logs",
    "user_sessions",
)
"""Which of their rows are seen, migration 0015 says."""

OF_SECOND_FACTORS = {
    "recovery_codes": ("id", "user_id", "created_at", "used_at"),
    "totp_credentials": ("id", "user_id", "created_at", "confirmed_at"),
}
"""All that requests read of them."""

SECRETS = {
    "addresses": {"encrypted_phone"},
    "api_tokens": {"token_hash"},
    "dead_letters": {"payload", "error"},
    "users": {"password_hash", "encrypted_phone", "phone_index", "encrypted_data"},
}
"""What no report needs."""

DROP_ROLES = """
    DO $$
        DECLARE
            made text;
        BEGIN
            FOREACH made IN ARRAY ARRAY['merkato_admin', 'merkato_app', 'merkato_system', 'merkato_reporting'] LOOP
                BEGIN
                    EXECUTE format('DROP ROLE IF EXISTS %I', made);
                EXCEPTION
                    WHEN dependent_objects_still_exist OR insufficient_privilege OR object_in_use THEN NULL;
                END;
            END LOOP;
        END
    $$
"""
"""Another database may still need them, and then they stay."""


def upgrade() -> None:
    op.execute(MAKE_ROLES)
    op.execute(JOIN_ROLES)
    op.execute(f"GRANT USAGE ON SCHEMA public TO {', '.join(ROLES)}")
    _grant_everything()
    op.execute(f"GRANT SELECT ON alembic_version, {', '.join(PUBLIC_TABLES + PERSONAL_TABLES)} TO {APP}")
    for table, columns in OF_SECOND_FACTORS.items():
        _grant_columns(table, columns, APP)
    _grant_reports(SECRETS)


def _grant_everything() -> None:
    """Tables and sequences, also those of later migrations; the record of migrations is the owner's to write."""
    for scope in ("GRANT {} ON ALL {} IN SCHEMA public", "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {} ON {}"):
        op.execute(f"{scope.format('ALL', 'TABLES')} TO {ADMIN}")
        op.execute(f"{scope.format('ALL', 'SEQUENCES')} TO {ADMIN}")
        op.execute(f"{scope.format('SELECT, INSERT, UPDATE, DELETE', 'TABLES')} TO {SYSTEM}")
        op.execute(f"{scope.format('USAGE', 'SEQUENCES')} TO {SYSTEM}")
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {SYSTEM}")


def _grant_reports(secrets: Mapping[str, set[str]]) -> None:
    whole = [table for table in (*PUBLIC_TABLES, *PERSONAL_TABLES) if table not in secrets]
    op.execute(f"GRANT SELECT ON {', '.join(whole)} TO {REPORTING}")
    inspector = sa.inspect(op.get_bind())
    for table, withheld in secrets.items():
        names = (column["name"] for column in inspector.get_columns(table))
        _grant_columns(table, (name for name in names if name not in withheld), REPORTING)


def _grant_columns(table: str, columns: Iterable[str], role: str) -> None:
    op.execute(f"GRANT SELECT ({', '.join(columns)}) ON {table} TO {role}")


def downgrade() -> None:
    roles = ", ".join(ROLES)
    for kind in ("TABLES", "SEQUENCES"):
        op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON {kind} FROM {roles}")
        op.execute(f"REVOKE ALL ON ALL {kind} IN SCHEMA public FROM {roles}")
    op.execute(f"REVOKE ALL ON SCHEMA public FROM {roles}")
    op.execute(DROP_ROLES)
