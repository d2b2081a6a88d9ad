"""Descriptions of products: HTML that is safe to show, and the plain text that is searched."""

import re
from html import escape
from html.parser import HTMLParser

import nh3

MARKUP = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "col": {"span"},
    "colgroup": {"span"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
"""The attributes that are kept, by tag."""

INLINE = frozenset({"a", "abbr", "b", "cite", "code", "del", "em", "i", "ins", "kbd", "mark", "q", "s", "small"}) | {
    *("span", "strong", "sub", "sup", "u")
}
BLOCKS = frozenset({"blockquote", "br", "caption", "dd", "div", "dl", "dt", "figcaption", "figure", "hr", "li"}) | {
    *("h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul")
}
TAGS = INLINE | BLOCKS | {"img", "col", "colgroup"}

CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    attributes={tag: set(names) for tag, names in MARKUP.items()},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer",
)


def sanitised(html: str) -> str:
    """The HTML with text markup, links, images, tables and lists, and nothing that runs, styles or embeds."""
    return CLEANER.clean(html).strip()


def plain_text(html: str) -> str:
    """The words of sanitised HTML: a line for each block, no tags, no entities."""
    words = _Words()
    words.feed(html)
    words.close()
    lines = (" ".join(line.split()) for line in "".join(words.parts).split(_Words.BREAK))
    return "\n".join(line for line in lines if line)


def paragraphs(text: str) -> str:
    """Plain text as HTML: blank lines part paragraphs."""
    blocks = (" ".join(block.split()) for block in re.split(r"\n\s*\n", text))
    return "\n".join(f"<p>{escape(block, quote=False)}</p>" for block in blocks if block)


class _Words(HTMLParser):
    """Collects text, with a break around each block."""

    BREAK = "\x1e"
    """The record separator, which sanitised text has no use for: line ends of the source are spaces."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data.replace(self.BREAK, " "))

    def handle_starttag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        self._part(tag)

    def _part(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append(self.BREAK)
