"""Add releases: items that come out or go together (decision 0052)."""

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

ITEMS = {"post_id": "posts", "page_id": "pages", "product_id": "products", "service_id": "services"}
TRACES = ("was_out", "version_before", "version_after")
STATUSES = "'OPEN', 'SCHEDULED', 'PUBLISHED', 'ROLLED_BACK', 'ARCHIVED'"
STAGES = "'DRAFT', 'IN_REVIEW', 'CHANGES_REQUESTED', 'APPROVED', 'SCHEDULED', 'PUBLISHED', 'ARCHIVED'"
CONFIG = sa.table(
    "audit_config",
    sa.column("id", sa.Uuid()),
    sa.column("table_name", sa.String()),
    sa.column("is_on", sa.Boolean()),
    sa.column("ignored_columns", sa.ARRAY(sa.Text())),
    sa.column("reason", sa.Text()),
)


def upgrade() -> None:
    _create_releases()
    _create_items()
    _create_events()
    op.execute("CREATE TRIGGER set_updated_at BEFORE UPDATE ON releases FOR EACH ROW EXECUTE FUNCTION set_updated_at()")
    for table in ("releases", "release_items", "release_events"):
        op.execute(f"GRANT SELECT ON {table} TO merkato_app, merkato_reporting")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY system ON {table} TO merkato_system USING (true)")
        seen = "(SELECT viewer_may('content:read'))"
        op.execute(f"CREATE POLICY viewer ON {table} FOR SELECT TO merkato_app USING ({seen})")
        op.execute(f"CREATE POLICY reporting ON {table} FOR SELECT TO merkato_reporting USING (true)")
    _record()


def _create_releases() -> None:
    op.create_table(
        "releases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.String(length=30), server_default=sa.text("'OPEN'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("schedule_time_zone", sa.String(length=64), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"status IN ({STATUSES})", name=op.f("ck_releases_releasestatus")),
        sa.CheckConstraint("version > 0", name=op.f("ck_releases_version")),
        sa.CheckConstraint("title <> ''", name=op.f("ck_releases_title")),
        sa.CheckConstraint(
            "(status = 'SCHEDULED') = (scheduled_at IS NOT NULL)", name=op.f("ck_releases_scheduled_at")
        ),
        sa.CheckConstraint(
            "status NOT IN ('PUBLISHED', 'ROLLED_BACK') OR published_at IS NOT NULL",
            name=op.f("ck_releases_published_at"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
    )
    given = sa.text("scheduled_at IS NOT NULL")
    op.create_index(op.f("ix_releases_scheduled_at"), "releases", ["scheduled_at"], postgresql_where=given)
    op.create_index(op.f("ix_releases_created_at_id"), "releases", ["created_at", "id"])
    op.create_index(op.f("ix_releases_title_id"), "releases", ["title", "id"])


def _create_items() -> None:
    op.create_table(
        "release_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        *(sa.Column(column, sa.Uuid(), nullable=True) for column in ITEMS),
        sa.Column("was_out", sa.Boolean(), nullable=True),
        sa.Column("version_before", sa.Integer(), nullable=True),
        sa.Column("version_after", sa.Integer(), nullable=True),
        sa.Column("stage_before", sa.String(length=30), nullable=True),
        sa.Column("published_at_before", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("action IN ('PUBLISH', 'UNPUBLISH')", name=op.f("ck_release_items_releaseaction")),
        sa.CheckConstraint(f"stage_before IN ({STAGES})", name=op.f("ck_release_items_publishingstatus")),
        sa.CheckConstraint(f"num_nonnulls({', '.join(ITEMS)}) = 1", name=op.f("ck_release_items_item")),
        sa.CheckConstraint(
            f"num_nonnulls({', '.join(TRACES)}) IN (0, {len(TRACES)})", name=op.f("ck_release_items_traces")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_release_items_{column}"), ondelete="CASCADE"
            )
            for column, table in {"release_id": "releases", **ITEMS}.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_items")),
    )
    for column in ITEMS:
        given = sa.text(f"{column} IS NOT NULL")
        op.create_index(op.f(f"ix_release_items_{column}"), "release_items", [column], postgresql_where=given)
        names = ["release_id", column]
        op.create_index(op.f(f"ix_release_items_{'_'.join(names)}"), "release_items", names, unique=True)
    op.create_index(op.f("ix_release_items_release_id_id"), "release_items", ["release_id", "id"])


def _create_events() -> None:
    op.create_table(
        "release_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(f"status IN ({STATUSES})", name=op.f("ck_release_events_releasestatus")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["releases.id"], name=op.f("fk_release_events_release_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_release_events_actor_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_events")),
    )
    names = ["release_id", "recorded_at", "id"]
    op.create_index(op.f(f"ix_release_events_{'_'.join(names)}"), "release_events", names)
    op.create_index(op.f("ix_release_events_actor_id"), "release_events", ["actor_id"])


def _record() -> None:
    """What a release of ours brings is no change by anybody."""
    left_behind = [*TRACES, "stage_before", "published_at_before"]
    op.execute("ALTER TABLE audit_config DISABLE TRIGGER record_change")
    for table, is_on, ignored, reason in (
        ("releases", True, ["updated_at"], "What comes out together, and when."),
        ("release_items", True, left_behind, "What comes out together."),
        ("release_events", False, [], "An entry says itself whose doing it was."),
    ):
        row = {"id": uuid7(), "table_name": table, "is_on": is_on, "ignored_columns": ignored, "reason": reason}
        op.execute(CONFIG.insert().values(row))
    op.execute("ALTER TABLE audit_config ENABLE ALWAYS TRIGGER record_change")


def downgrade() -> None:
    op.execute(CONFIG.delete().where(CONFIG.c.table_name.in_(["releases", "release_items", "release_events"])))
    for table in ("release_events", "release_items", "releases"):
        op.drop_table(table)
