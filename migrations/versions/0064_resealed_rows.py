"""Leave `updated_at` alone where a text is only sealed anew: it says what it said before (decision 0064).

`merkato reseal` says so in its transactions. The audit log tells of it all the same.
"""

from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

TABLES = ("users", "addresses", "payment_methods")
NOT_RESEALED = "WHEN (current_setting('merkato.resealing', true) IS DISTINCT FROM 'on')"

SET_UPDATED_AT = """
    CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON {table} FOR EACH ROW {when}
    EXECUTE FUNCTION set_updated_at()
"""


def upgrade() -> None:
    for table in TABLES:
        op.execute(SET_UPDATED_AT.format(table=table, when=NOT_RESEALED))


def downgrade() -> None:
    for table in TABLES:
        op.execute(SET_UPDATED_AT.format(table=table, when=""))
