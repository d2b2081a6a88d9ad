r"""Add the SQL functions behind every search.

`search_query` never fails, whatever is typed: `search_prefix` strips the words of every operator of `to_tsquery`.
`search_question` keeps 256 characters of a question, and of repeated dashes nothing: each would be a negation.
A question with operators of its own (quotes, `-`, `or`) is taken at its word, without prefixes.
`search_rank` puts a title equal to the question before the words found whole, and those before a prefix.
`search_highlight` gives HTML in which the text is escaped and the words found stand in <mark>.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FUNCTIONS = {
    "search_question(text)": r"""
        CREATE FUNCTION search_question(question text) RETURNS text
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT regexp_replace(left(question, 256), '(-[[:space:]]*){2,}', ' ', 'g')
        $$
    """,
    "search_prefix(text)": r"""
        CREATE FUNCTION search_prefix(question text) RETURNS tsquery
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT CASE WHEN question !~* '"|(^|\s)-|\S\s+or\s+\S' THEN to_tsquery('simple', regexp_replace(
                nullif(btrim(regexp_replace(question, '[&|!():*<>''"\\[:space:][:cntrl:]]+', ' ', 'g')), ''),
                '\s+', ':* & ', 'g'
            ) || ':*') END
        $$
    """,
    "search_query(text)": """
        CREATE FUNCTION search_query(question text) RETURNS tsquery
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT websearch_to_tsquery('english', search_question(question))
                || coalesce(search_prefix(search_question(question)), ''::tsquery)
        $$
    """,
    "search_rank(text, tsvector, text)": """
        CREATE FUNCTION search_rank(title text, words tsvector, question text) RETURNS numeric
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT round((
                CASE WHEN lower(title) = lower(btrim(question, E' \\t\\n\\r\\f\\v')) THEN 2
                     WHEN words @@ websearch_to_tsquery('english', search_question(question)) THEN 1
                     ELSE 0 END
                + ts_rank(words, search_query(question))
            )::numeric, 6)
        $$
    """,
    "search_highlight(text, text)": """
        CREATE FUNCTION search_highlight(body text, question text) RETURNS text
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT ts_headline(
                'english',
                replace(replace(replace(left(body, 100000), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
                search_query(question),
                'StartSel=<mark>, StopSel=</mark>, MaxWords=30, MinWords=12, ShortWord=2'
            )
        $$
    """,
}


def upgrade() -> None:
    for definition in FUNCTIONS.values():
        op.execute(definition)


def downgrade() -> None:
    for signature in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {signature}")
