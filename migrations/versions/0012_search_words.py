"""Add the whole words of a question, which are looked for before what only begins like them.

`search_rank` stays for processes of the release before; the rank is now an expression of `domain/searching.py`, because
PostgreSQL would parse the question anew for each row in a function.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION search_words(question text) RETURNS tsquery
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT websearch_to_tsquery('english', search_question(question))
        $$
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION search_words(text)")
