"""Let `updated_at` tell of changes that readers see: a draft beside what is out, and where it stands, are none.

Sitemaps, feeds and search engines go by it, so that whatever moves it calls for a new look at a page.
"""

from collections.abc import Mapping

from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

OF_WORKFLOW = (
    "draft_status",
    "scheduled_at",
    "unpublish_at",
    "schedule_time_zone",
    "schedule_error",
    "submitted_by_id",
)
OF_DRAFTS: Mapping[str, tuple[str, ...]] = {
    "pages": ("version", *OF_WORKFLOW),
    "posts": ("version", *OF_WORKFLOW),
    "products": ("version",),
    "services": ("version",),
}
"""The columns of each table that tell of a draft while one waits."""

COUNTED = frozenset({"posts", "services"})
NOT_COUNTED = "NEW.view_count = OLD.view_count AND NEW.share_count = OLD.share_count"

SET_UPDATED_AT = """
    CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON {table} FOR EACH ROW {when}
    EXECUTE FUNCTION set_updated_at()
"""


def upgrade() -> None:
    for table, columns in OF_DRAFTS.items():
        new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("NEW", "OLD"))
        of_draft = (
            "NEW.live_version = OLD.live_version AND NEW.live_version < NEW.version "
            f"AND ROW({new}) IS DISTINCT FROM ROW({old})"
        )
        conditions = [f"NOT ({of_draft})", *([NOT_COUNTED] if table in COUNTED else [])]
        op.execute(SET_UPDATED_AT.format(table=table, when=f"WHEN ({' AND '.join(conditions)})"))


def downgrade() -> None:
    for table in OF_DRAFTS:
        when = f"WHEN ({NOT_COUNTED})" if table in COUNTED else ""
        op.execute(SET_UPDATED_AT.format(table=table, when=when))
