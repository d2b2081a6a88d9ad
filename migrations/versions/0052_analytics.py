"""Count how often posts and services are looked at and shared (decision 0053).

What everybody is shown of it stands in the posts and services themselves; to bring that up to date is no change of
them.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

TABLES = {"content_analytics": "posts", "service_analytics": "services"}
COUNTED = ("view_count", "share_count", "shown_views", "shown_shares")
MAY_READ = "(SELECT viewer_may('analytics:read'))"
PERIODS = "'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'"

SET_UPDATED_AT = """
    CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON {table} FOR EACH ROW {when}
    EXECUTE FUNCTION set_updated_at()
"""
UNLESS_COUNTED = "WHEN (NEW.view_count = OLD.view_count AND NEW.share_count = OLD.share_count)"

RECORD_NO_COUNTS = """
    UPDATE audit_config SET ignored_columns = ignored_columns || '{view_count,share_count}'::text[]
    WHERE table_name = 'services'
"""
RECORD_ALL = """
    UPDATE audit_config
    SET ignored_columns = array(SELECT unnest(ignored_columns) EXCEPT SELECT unnest('{view_count,share_count}'::text[]))
    WHERE table_name = 'services'
"""
CONFIG = sa.table("audit_config", sa.column("id", sa.Uuid()), *map(sa.column, ("table_name", "is_on", "reason")))


def upgrade() -> None:
    for name in ("view_count", "share_count"):
        op.add_column("services", _number(name))
    op.create_check_constraint(op.f("ck_services_counts"), "services", "view_count >= 0 AND share_count >= 0")
    for table, owners in TABLES.items():
        _create(table, owners)
        op.execute(SET_UPDATED_AT.format(table=owners, when=UNLESS_COUNTED))
    op.execute(RECORD_NO_COUNTS)


def _create(table: str, owners: str) -> None:
    owner = f"{owners.removesuffix('s')}_id"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.String(length=30), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        *map(_number, COUNTED),
        sa.Column(owner, sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *_rules(table, owner, owners),
    )
    for columns in ([owner, "date", "id"], ["period", "date"]):
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)
    op.execute(f"GRANT SELECT ON {table} TO merkato_app, merkato_reporting")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY system ON {table} TO merkato_system USING (true)")
    op.execute(f"CREATE POLICY viewer ON {table} FOR SELECT TO merkato_app USING ({MAY_READ})")
    op.execute(f"CREATE POLICY reporting ON {table} FOR SELECT TO merkato_reporting USING (true)")
    op.execute(CONFIG.insert().values(id=uuid7(), table_name=table, is_on=False, reason="They are counters."))


def _rules(table: str, owner: str, owners: str) -> Iterator[sa.Constraint]:
    yield sa.CheckConstraint(f"period IN ({PERIODS})", name=op.f(f"ck_{table}_analyticsperiod"))
    yield sa.CheckConstraint("shown_views BETWEEN 0 AND view_count", name=op.f(f"ck_{table}_views"))
    yield sa.CheckConstraint("shown_shares BETWEEN 0 AND share_count", name=op.f(f"ck_{table}_shares"))
    yield sa.ForeignKeyConstraint([owner], [f"{owners}.id"], name=op.f(f"fk_{table}_{owner}"), ondelete="CASCADE")
    yield sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))
    yield sa.UniqueConstraint(owner, "period", "date", name=op.f(f"uq_{table}_{owner}_period_date"))


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)


def downgrade() -> None:
    op.execute(RECORD_ALL)
    for table, owners in TABLES.items():
        op.execute(SET_UPDATED_AT.format(table=owners, when=""))
        op.execute(CONFIG.delete().where(CONFIG.c.table_name == table))
        op.drop_table(table)
    op.drop_constraint(op.f("ck_services_counts"), "services")
    for name in ("view_count", "share_count"):
        op.drop_column("services", name)
