"""Markdown becomes HTML that runs nothing, whatever is written."""

from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from domain.embeds import Embed, EmbedKind, Place, places_in
from domain.markdown import RENDERING, embeds_in, render
from resolvers.ids import encode_id
from tests.domain.markup_attacks import BREAKING_OUT, HTML, MARKDOWN, harm_in
from tests.factories import new_id

TEXT = """# Roasting *well*

## Roasting well

Beans[^1] and ~~tea~~.

| Roast | Minutes |
| --- | ---: |
| Light | 9 |

```python
x = "a"
```

[^1]: Of *Coffea arabica*.
"""

PLACES = """{0}

# {0}

* {0}

> {0}

| {0} |
| --- |
| {0} |

[{0}](https://a.example)[^1]

[^1]: {0}
"""
"""Everywhere a text may stand."""


def test_text_has_tables_footnotes_coloured_code_and_headings() -> None:
    rendered = render(TEXT)
    for part in (
        '<h1 id="s-roasting-well">Roasting <em>well</em></h1>',
        '<h2 id="s-roasting-well-1">',
        "<td>Light</td>",
        '<td align="right">9</td>',
        "<s>tea</s>",
        '<span class="hl-n">x</span>',
        '<li id="fn1" class="footnote-item">',
    ):
        assert part in rendered.html
    assert rendered.plain_text.splitlines() == [
        *("Roasting well", "Roasting well", "Beans and tea.", "Roast", "Minutes", "Light", "9", 'x = "a"'),
        "Of Coffea arabica.",
    ]
    assert rendered.table_of_contents == [
        {"level": 1, "text": "Roasting well", "anchor": "s-roasting-well"},
        {"level": 2, "text": "Roasting well", "anchor": "s-roasting-well-1"},
    ]


def test_nothing_runs_wherever_it_is_written() -> None:
    """A parser of browsers finds nothing but text, links and pictures in what is made of it."""
    for attack in (*HTML, *MARKDOWN, *BREAKING_OUT):
        assert harm_in(render(attack).html) == [], attack
        assert harm_in(render(PLACES.format(attack)).html) == [], attack


def test_judge_finds_the_harm_that_careless_rendering_leaves() -> None:
    """Or the test above would prove nothing."""
    careless = MarkdownIt("commonmark", {"html": True}).enable("table").use(footnote_plugin)
    setattr(careless, "validateLink", lambda _url: True)  # noqa: B010 - mypy would call it an assignment to a method
    for attack in HTML:
        assert harm_in(attack), attack
    for attack in MARKDOWN:
        assert harm_in(careless.render(attack)), attack


def test_products_and_posts_have_their_places() -> None:
    text = """Before
::product[switch-8]
- one
  ::post[እንጀራ&co]

::product[Switch-8]
not ::product[here], `::product[nor-here]`

    ::product[nor-in-code]

::service[unknown] ::product["><script>]

::product[gone]
"""
    switch, injera = Embed(EmbedKind.PRODUCT, "switch-8"), Embed(EmbedKind.POST, "እንጀራ&co")
    gone, key = Embed(EmbedKind.PRODUCT, "gone"), new_id()
    assert embeds_in(text) == [switch, injera, gone]

    rendered = render(text, {switch: key})

    place = f'<div class="embed" data-embed="product" data-slug="switch-8" data-id="{encode_id("Product", key)}"></div>'
    assert rendered.html.startswith(f"<p>Before</p>\n{place}\n<ul>")
    assert [*places_in(rendered.html)] == [
        Place(switch, key),
        Place(injera, None),
        Place(switch, key),
        Place(gone, None),
    ]
    assert (rendered.embedded_of(EmbedKind.PRODUCT), rendered.embedded_of(EmbedKind.POST)) == ([key], [])
    assert "switch" not in rendered.plain_text
    assert (rendered.rendering, render("Nothing.").rendering) == (-RENDERING, RENDERING)


def test_strange_text_is_rendered_in_time() -> None:
    for piece in ("*a ", "[a](", "> ", "`", "- ", "![", "[^1]", "|a", "::product[a]\n"):
        assert render(piece * 5_000).html
