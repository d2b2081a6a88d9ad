"""Full-text search: how a row's words are weighed.

Titles count in both dictionaries: `english` finds "switches" for "switch", `simple` keeps the words as they
are written, so that a prefix ("securi") finds them as well. The SQL functions `search_query`, `search_rank` and
`search_highlight` that read a visitor's question come from migration 0002.
"""

from sqlalchemy import Computed
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column


def search_vector(titles: list[str], texts: list[str]) -> Mapped[str]:
    """A generated tsvector over the named columns: titles weigh most, texts second.

    Texts are cut at 100,000 characters each: a tsvector holds at most 1 MB.
    """
    parts = [
        *(f"setweight(to_tsvector('english', coalesce({title}, '')), 'A')" for title in titles),
        *(f"setweight(to_tsvector('simple', coalesce({title}, '')), 'A')" for title in titles),
        *(f"setweight(to_tsvector('english', left(coalesce({text}, ''), 100000)), 'B')" for text in texts),
    ]
    vector = Computed(" || ".join(parts), persisted=True)
    return mapped_column(TSVECTOR, vector, nullable=False, deferred=True, deferred_raiseload=True, sort_order=99)
