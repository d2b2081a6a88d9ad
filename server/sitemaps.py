"""Sitemaps as XML: an index of them, and what each holds.

Source: the Sitemaps protocol 0.9.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from xml.sax.saxutils import escape

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

Located = tuple[str, datetime]
"""An address, percent-encoded, and when what is there was changed last."""


def index_of(sitemaps: Iterable[Located]) -> bytes:
    """The index of sitemaps."""
    return _document("sitemapindex", "sitemap", sitemaps)


def sitemap_of(pages: Iterable[Located]) -> bytes:
    """A sitemap with these pages."""
    return _document("urlset", "url", pages)


def _document(root: str, entry: str, located: Iterable[Located]) -> bytes:
    entries = "".join(
        f"<{entry}><loc>{escape(address)}</loc><lastmod>{_moment(changed_at)}</lastmod></{entry}>\n"
        for address, changed_at in located
    )
    return f'{DECLARATION}<{root} xmlns="{NAMESPACE}">\n{entries}</{root}>\n'.encode()


def _moment(moment: datetime) -> str:
    """In the W3C's form, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
