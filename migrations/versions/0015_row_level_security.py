"""Guard the rows of personal tables a second time, in the database (decision 0022).

Whoever acts as merkato_app sees of them what the settings `merkato.user_id` and `merkato.permissions` of its session
or transaction say, and nothing without them. The same rules are in auth/visibility.py, which is asked first; a test
compares them. The owner of the tables, who migrates and loads data, is not restricted.

A subquery without a reference to the row is computed once for a statement, not for each row.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

FUNCTIONS = (
    """
    CREATE FUNCTION viewer_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('merkato.user_id', true), '')::uuid
    """,
    """
    CREATE FUNCTION viewer_may(permission text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(permission = ANY (string_to_array(current_setting('merkato.permissions', true), ',')), false)
    """,
)

OWN = "user_id = (SELECT viewer_id())"
OWN_OR_OF_ACCOUNTS = f"{OWN} OR (SELECT viewer_may('accounts:read'))"

SEEN = {
    "addresses": OWN_OR_OF_ACCOUNTS,
    "api_tokens": OWN_OR_OF_ACCOUNTS,
    "dead_letters": "(SELECT viewer_may('jobs:read'))",
    "external_identities": OWN_OR_OF_ACCOUNTS,
    "recovery_codes": OWN_OR_OF_ACCOUNTS,
    "totp_credentials": OWN_OR_OF_ACCOUNTS,
    "user_security_logs": OWN_OR_OF_ACCOUNTS,
    "user_sessions": OWN_OR_OF_ACCOUNTS,
}
HIDDEN = ("external_sign_ins", "one_time_tokens", "refresh_tokens", "throttles")
"""What nobody asks for; the server alone compares with it."""


def upgrade() -> None:
    for function in FUNCTIONS:
        op.execute(function)
    for table in (*SEEN, *HIDDEN):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY system ON {table} TO merkato_system USING (true)")
    for table, condition in SEEN.items():
        op.execute(f"CREATE POLICY viewer ON {table} FOR SELECT TO merkato_app USING ({condition})")
        op.execute(f"CREATE POLICY reporting ON {table} FOR SELECT TO merkato_reporting USING (true)")


def downgrade() -> None:
    for table in (*SEEN, *HIDDEN):
        for policy in ("system", "viewer", "reporting"):
            op.execute(f"DROP POLICY IF EXISTS {policy} ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP FUNCTION viewer_id()")
    op.execute("DROP FUNCTION viewer_may(text)")
