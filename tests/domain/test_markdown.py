"""Markdown becomes HTML that runs nothing, whatever is written."""

import re

import pytest

from domain.markdown import render

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

ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](javascript:alert(1))",
    '[x](https://a.example "" onmouseover=alert(1) "")',
    '<https://a.example/"onclick=alert(1)>',
    '```"><script>alert(1)</script>\n<script>\n```',
    "```html\n<script>alert(1)</script>\n```",
    "| <script>a</script> |\n| --- |\n| <b onclick=a> |",
    "# <img src=x onerror=alert(1)>",
    "[^1]\n\n[^1]: <iframe src=javascript:alert(1)>",
    "<!-- --><style>*{display:none}</style>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
)


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


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_runs(attack: str) -> None:
    html = render(attack).html
    tags = [re.sub(r'"[^"]*"', quoted, tag) for tag in re.findall(r"<[^>]*>", html)]
    assert not [tag for tag in tags if re.match(r"<(script|style|iframe|svg|b |object|form)", tag)]
    assert not [tag for tag in tags if re.search(r"\son\w+\s*=|javascript:", tag)]


def quoted(value: re.Match[str]) -> str:
    """The value of an attribute, in which only what stands at its beginning can be a scheme."""
    text = value[0].lower()
    return '"javascript:"' if re.match(r'"\s*(javascript|data|vbscript)', text) else '""'


def test_strange_text_is_rendered_in_time() -> None:
    for piece in ("*a ", "[a](", "> ", "`", "- ", "![", "[^1]", "|a"):
        assert render(piece * 5_000).html
