"""Notify the processes that serve subscriptions of what happened (domain/events.py).

A notification goes out when its transaction commits, and holds a kind and a key. Unlike those of migration 0005 the
triggers are ordinary ones: what a restore or a replica writes has happened before, and is not told again.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

OUT = "{0}.status = 'PUBLISHED' AND {0}.published_at <= now()"
"""A post that everybody may read."""

TRIGGERS = (
    ("posts", "INSERT", "post_published", OUT.format("NEW")),
    (
        "posts",
        "UPDATE OF status, published_at",
        "post_published",
        f"{OUT.format('NEW')} AND ({OUT.format('OLD')}) IS NOT TRUE",
    ),
    ("reviews", "INSERT", "review_submitted", "NEW.status = 'PENDING'"),
    ("reviews", "UPDATE OF status", "review_submitted", "NEW.status = 'PENDING' AND OLD.status <> 'PENDING'"),
    ("dead_letters", "INSERT OR UPDATE", "job_failed", "true"),
)


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION notify_event() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_notify('merkato_events', TG_ARGV[0] || ':' || NEW.id);
                RETURN NULL;
            END
        $$
    """)
    for table, moment, kind, condition in TRIGGERS:
        operation = moment.partition(" OF ")[0].replace(" OR ", "_").lower()
        op.execute(f"""
            CREATE TRIGGER {kind}_on_{operation} AFTER {moment} ON {table} FOR EACH ROW WHEN ({condition})
            EXECUTE FUNCTION notify_event('{kind}')
        """)


def downgrade() -> None:
    op.execute("DROP FUNCTION notify_event() CASCADE")
