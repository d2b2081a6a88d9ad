"""Keep with each review how its author is shown in public, so that lists of reviews do not look up their authors.

Reviews that are there already are rewritten once, with their indexes, while nobody can read or write them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

FUNCTIONS = (
    """
    CREATE FUNCTION public_name(users) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN $1.first_name || ' ' || left($1.last_name, 1) || '.'
    """,
    """
    CREATE FUNCTION take_author() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            author users;
        BEGIN
            SELECT * INTO author FROM users WHERE id = NEW.user_id FOR SHARE;
            IF FOUND THEN
                NEW.author_name := public_name(author);
                NEW.author_avatar_url := author.avatar_url;
            END IF;
            RETURN NEW;
        END
    $$
    """,
    """
    CREATE FUNCTION rename_author() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE reviews SET author_name = public_name(NEW), author_avatar_url = NEW.avatar_url WHERE user_id = NEW.id;
            RETURN NULL;
        END
    $$
    """,
)

TRIGGERS = (
    """
    CREATE TRIGGER take_author BEFORE INSERT OR UPDATE OF user_id, author_name, author_avatar_url ON reviews
    FOR EACH ROW EXECUTE FUNCTION take_author()
    """,
    """
    CREATE TRIGGER rename_author AFTER UPDATE OF first_name, last_name, avatar_url ON users FOR EACH ROW
    WHEN ((NEW.first_name, NEW.last_name, NEW.avatar_url) IS DISTINCT FROM (OLD.first_name, OLD.last_name, OLD.avatar_url))
    EXECUTE FUNCTION rename_author()
    """,
)

SET_UPDATED_AT = """
    CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON reviews FOR EACH ROW {when}
    EXECUTE FUNCTION set_updated_at()
"""
NOT_RENAMED = """
    WHEN ((NEW.author_name, NEW.author_avatar_url) IS NOT DISTINCT FROM (OLD.author_name, OLD.author_avatar_url))
"""

TAKE_ALL = (
    """
    CREATE FUNCTION name_of(uuid) RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT public_name(users) FROM users WHERE id = $1 $$
    """,
    """
    CREATE FUNCTION picture_of(uuid) RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT avatar_url FROM users WHERE id = $1 $$
    """,
    """
    ALTER TABLE reviews
        ALTER author_name TYPE varchar(255) USING name_of(user_id),
        ALTER author_avatar_url TYPE varchar(500) USING picture_of(user_id)
    """,
    "DROP FUNCTION name_of(uuid), picture_of(uuid)",
)
"""A column that is computed anew has the table rewritten once; an update would leave each row there twice."""


def upgrade() -> None:
    for statement in FUNCTIONS:
        op.execute(statement)
    op.add_column("reviews", sa.Column("author_name", sa.String(length=255), server_default="", nullable=False))
    op.add_column("reviews", sa.Column("author_avatar_url", sa.String(length=500), nullable=True))
    for statement in (*TAKE_ALL, *TRIGGERS):
        op.execute(statement)
    op.execute(SET_UPDATED_AT.format(when=NOT_RENAMED))


def downgrade() -> None:
    op.execute(SET_UPDATED_AT.format(when=""))
    op.execute("DROP TRIGGER rename_author ON users")
    op.execute("DROP TRIGGER take_author ON reviews")
    for name in ("rename_author()", "take_author()", "public_name(users)"):
        op.execute(f"DROP FUNCTION {name}")
    op.drop_column("reviews", "author_avatar_url")
    op.drop_column("reviews", "author_name")
