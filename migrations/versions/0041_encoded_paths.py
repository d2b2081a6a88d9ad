"""Percent-encode paths in SQL, as domain/paths.py does (RFC 3986, 3.3)."""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

ENCODED_PATH = r"""
    CREATE FUNCTION encoded_path(path text) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN path ~ '^[A-Za-z0-9._~/-]*$' THEN path ELSE (
        SELECT string_agg(
            CASE WHEN letter ~ '^[A-Za-z0-9._~/!$&''()*+,;=:@-]$' THEN letter
            ELSE regexp_replace(upper(encode(convert_to(letter, 'UTF8'), 'hex')), '(..)', '%\1', 'g') END,
            '' ORDER BY place
        )
        FROM regexp_split_to_table(path, '') WITH ORDINALITY AS letters (letter, place)
    ) END
"""


def upgrade() -> None:
    op.execute(ENCODED_PATH)


def downgrade() -> None:
    op.execute("DROP FUNCTION encoded_path(text)")
