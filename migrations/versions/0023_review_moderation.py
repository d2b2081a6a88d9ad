"""Let customers write reviews and moderators judge them (decision 0033).

Each new column has a constant default, so that no row is written anew. A review that was published before anybody looked
at it waits for a moderator as one that is pending does, and is told of in the same way.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

CHECKS = {
    "comment": "char_length(comment) <= 5000",
    "unseen": "NOT is_published_unseen OR status = 'APPROVED'",
    "rejection_reason": "rejection_reason IS NULL OR status = 'REJECTED'",
    "version": "version > 0",
}

WAITS = "({0}.status = 'PENDING' OR {0}.is_published_unseen)"
WAITED_ONLY_WHEN_PENDING = "{0}.status = 'PENDING'"

ON_INSERT = """
    CREATE TRIGGER review_submitted_on_insert AFTER INSERT ON reviews FOR EACH ROW WHEN ({new})
    EXECUTE FUNCTION notify_event('review_submitted')
"""
ON_UPDATE = """
    CREATE TRIGGER review_submitted_on_update AFTER UPDATE OF {columns} ON reviews
    FOR EACH ROW WHEN ({new} AND NOT {old}) EXECUTE FUNCTION notify_event('review_submitted')
"""


def upgrade() -> None:
    op.add_column("shops", sa.Column("moderates_reviews_first", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("reviews", sa.Column("is_published_unseen", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("reviews", sa.Column("rejection_reason", sa.Text(), nullable=True))
    op.add_column("reviews", sa.Column("moderated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("reviews", sa.Column("moderated_by_id", sa.Uuid(), nullable=True))
    op.add_column("reviews", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.create_foreign_key(
        op.f("fk_reviews_moderated_by_id"), "reviews", "users", ["moderated_by_id"], ["id"], ondelete="SET NULL"
    )
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_reviews_{name}"), "reviews", condition)
    op.create_index(
        "ix_reviews_unseen", "reviews", ["created_at", "id"], postgresql_where=sa.text("is_published_unseen")
    )
    op.create_index(
        "ix_reviews_moderated_by_id",
        "reviews",
        ["moderated_by_id"],
        postgresql_where=sa.text("moderated_by_id IS NOT NULL"),
    )
    _tell_moderators(WAITS, "status, is_published_unseen")


def _tell_moderators(waits: str, columns: str) -> None:
    for moment in ("insert", "update"):
        op.execute(f"DROP TRIGGER review_submitted_on_{moment} ON reviews")
    op.execute(ON_INSERT.format(new=waits.format("NEW")))
    op.execute(ON_UPDATE.format(new=waits.format("NEW"), old=f"({waits.format('OLD')})", columns=columns))


def downgrade() -> None:
    _tell_moderators(WAITED_ONLY_WHEN_PENDING, "status")
    op.drop_index("ix_reviews_moderated_by_id", "reviews")
    op.drop_index("ix_reviews_unseen", "reviews")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_reviews_{name}"), "reviews")
    for column in ("version", "moderated_by_id", "moderated_at", "rejection_reason", "is_published_unseen"):
        op.drop_column("reviews", column)
    op.drop_column("shops", "moderates_reviews_first")
