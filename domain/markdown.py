"""Markdown as HTML that is safe to show, made once when a text is written (decision 0047)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.footnote import footnote_plugin
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from domain.embeds import (
    NOWHERE,
    TARGETS,
    Embed,
    EmbedKind,
    Targets,
    embed_plugin,
    embeds_among,
    within_bounds,
)
from domain.slugs import slugify

RENDERING: Final = 2
"""Which rendering this is. Whoever changes what comes out counts it up: the worker then renders every text anew."""

DEEPEST_ANCHOR = 4
"""Headings below that level are neither linked nor listed."""

LONGEST_HIGHLIGHTED = 20_000
"""Characters of code that is coloured; more takes its time, and nobody reads it on a page."""

CLASSES = HtmlFormatter(nowrap=True, classprefix="hl-")

BLOCKS_OF_CODE = frozenset({"fence", "code_block"})
BREAKS = frozenset({"softbreak", "hardbreak"})

ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title", "id", "class"},
    "img": {"src", "alt", "title"},
    "ol": {"start", "class"},
    "li": {"id", "class"},
    **{tag: {"id"} for tag in ("h1", "h2", "h3", "h4")},
    **{tag: {"class"} for tag in ("code", "span", "sup", "section", "hr")},
    **{tag: {"align"} for tag in ("td", "th")},
    "div": {"class", "data-embed", "data-slug", "data-id"},
}
TAGS = {
    *("a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p"),
    *("pre", "s", "section", "span", "strong", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul", "div"),
}
CLEANER = nh3.Cleaner(
    tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto", "tel"}, link_rel="noopener noreferrer"
)
"""A second line: the renderer itself shows HTML in a text as text, and links nothing that runs."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text as it is shown."""

    html: str
    plain_text: str
    """Its words alone, a line for each paragraph, heading, cell and block of code."""
    table_of_contents: Sequence[dict[str, Any]]
    """Its headings in order: `level`, `text` and `anchor`."""
    embedded: Targets
    """What stands in it by reference."""
    rendering: int
    """Which rendering this is; below zero where an embed leads nowhere yet, so that it is to be done again."""

    def embedded_of(self, kind: EmbedKind) -> list[UUID]:
        """The ids of what stands in it of a kind, in the order of the text."""
        return list(dict.fromkeys(key for embed, key in self.embedded.items() if embed.kind is kind))


def render(text: str, targets: Targets | None = NOWHERE) -> Rendered:
    """The Markdown as HTML, with tables, footnotes, coloured code, headings that can be linked, and embeds.

    Without targets nothing is embedded: what would be is text as any other.
    """
    renderer = _renderer() if targets is None else _renderer().use(embed_plugin)
    environment: dict[str, Any] = {}
    tokens = [_aligned(token) for token in renderer.parse(text, environment)]
    embeds, leading = embeds_among(tokens), targets or NOWHERE
    embedded = within_bounds(embeds, leading)
    html = renderer.renderer.render(tokens, renderer.options, {**environment, TARGETS: embedded})
    return Rendered(
        html=CLEANER.clean(html).strip(),
        plain_text="\n".join(_lines(tokens)),
        table_of_contents=[*_headings(tokens)],
        embedded=embedded,
        rendering=RENDERING if leading.keys() >= set(embeds) else -RENDERING,
    )


def embeds_in(text: str) -> list[Embed]:
    """What a text embeds, each once, in its order."""
    return embeds_among(tokens_of(text))


def tokens_of(text: str) -> list[Token]:
    """What a text consists of, embeds among it."""
    return _renderer().use(embed_plugin).parse(text, {})


def _renderer() -> MarkdownIt:
    """Made anew each time: it keeps state while it renders, and several threads may."""
    options = {"html": False, "highlight": _coloured}
    renderer = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    return renderer.use(footnote_plugin).use(anchors_plugin, max_level=DEEPEST_ANCHOR, slug_func=_anchor)


def _anchor(heading: str) -> str:
    """The id of a heading. What is in front keeps it apart from names that browsers know."""
    return f"s-{slugify(heading)}"


def _coloured(code: str, language: str, _attributes: str) -> str:
    """Code with a class for each of its words; empty, which means as it is, where the language is unknown."""
    if not language or len(code) > LONGEST_HIGHLIGHTED:
        return ""
    try:
        return str(highlight(code, get_lexer_by_name(language), CLASSES))
    except ClassNotFound:
        return ""


def _aligned(token: Token) -> Token:
    """A cell of a table that is aligned by an attribute: styles are what no text may have."""
    if token.type in {"td_open", "th_open"} and "style" in token.attrs:
        token.attrs = {"align": str(token.attrs["style"]).removeprefix("text-align:")}
    return token


def _lines(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        line = token.content if token.type in BLOCKS_OF_CODE else _words(token)
        if line.strip():
            yield line.strip()


def _words(token: Token) -> str:
    """What stands in a line, without its marks; of a picture what it shows."""
    if token.children is None:
        return token.content if token.type in {"text", "code_inline"} else ""
    return "".join(" " if part.type in BREAKS else _words(part) for part in token.children)


def _headings(tokens: Sequence[Token]) -> Iterator[dict[str, Any]]:
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and "id" in token.attrs:
            yield {"level": int(token.tag[1:]), "text": _words(inline), "anchor": token.attrs["id"]}
