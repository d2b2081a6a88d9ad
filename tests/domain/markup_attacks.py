"""Texts that would do harm on a page, and a judge that reads HTML as browsers do and tells what harm is in it.

Written after the kinds that OWASP's cheat sheets on cross-site scripting and the tests of sanitizers tell of: elements
that run, attributes that listen, addresses that are programs, ways to write either, what only becomes harm when a
parser mends it, and names that take the place of a page's own.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

HTML: Final = (
    # Elements that run, load or embed.
    "<script>hit()</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<script\n>hit()</script\t>",
    "<scr<script>ipt>hit()</scr</script>ipt>",
    "<?xml version='1.0'?><script>hit()</script>",
    "<svg><script>hit()</script></svg>",
    "<template><script>hit()</script></template>",
    "<iframe src=javascript:hit()></iframe>",
    "<iframe srcdoc='&lt;script&gt;hit()&lt;/script&gt;'></iframe>",
    "<object data=javascript:hit()></object>",
    "<embed src=javascript:hit()>",
    "<form action=javascript:hit()><button>x</button></form>",
    "<button formaction=javascript:hit()>x</button>",
    "<meta http-equiv=refresh content='0;url=javascript:hit()'>",
    "<base href=https://evil.example/>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<!-- --><style>*{display:none}</style>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<svg><use href='data:image/svg+xml;base64,PHN2Zy8+#x'/></svg>",
    # Attributes that listen.
    "<img src=x onerror=hit()>",
    '<img/src="x"/onerror=hit()>',
    "<img src=x:x onerror\n=hit()>",
    '<img """><script>hit()</script>">',
    "<svg onload=hit()>",
    "<svg/onload=hit()>",
    "<svg><animate onbegin=hit() attributeName=x dur=1s>",
    "<input autofocus onfocus=hit()>",
    "<details open ontoggle=hit()>x</details>",
    "<video><source onerror=hit()></video>",
    "<audio src=x onerror=hit()>",
    "<body onload=hit()>",
    "<marquee onstart=hit()>x</marquee>",
    "<p onclick=hit()>x</p>",
    "<a href=https://a.example onmouseover=hit()>x</a>",
    "<custom-element onclick=hit()>x</custom-element>",
    "<!--><img src=x onerror=hit()>-->",
    # Addresses that are programs, and ways to write them.
    "<a href=javascript:hit()>x</a>",
    "<a href=' javascript:hit()'>x</a>",
    "<a href='JaVaScRiPt:hit()'>x</a>",
    "<a href='java\tscript:hit()'>x</a>",
    "<a href='java&#10;script:hit()'>x</a>",
    "<a href='&#106;avascript:hit()'>x</a>",
    "<a href='&#x6A&#x61vascript&colon;hit()'>x</a>",
    "<a href='\x01javascript:hit()'>x</a>",
    "<a href=vbscript:hit()>x</a>",
    "<a href='data:text/html,<script>hit()</script>'>x</a>",
    "<img src=javascript:hit()>",
    "<table background=javascript:hit()><tr><td>x</td></tr></table>",
    "<svg><a xlink:href='javascript:hit()'><text>x</text></a></svg>",
    "<math><maction actiontype=statusline xlink:href=javascript:hit()>x</maction></math>",
    # Looks that cover or leak the page.
    "<div style='position:fixed;inset:0'>x</div>",
    '<p style="background:url(https://evil.example/x)">x</p>',
    # What parsers mend into harm.
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=hit()&gt;">',
    '<svg></p><style><a id="</style><img src=1 onerror=hit()>">',
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=hit()>",
    '<noscript><p title="</noscript><img src=x onerror=hit()>">',
    "<select><style><img src=x onerror=hit()></style></select>",
    "<title><img src=x onerror=hit()></title>",
    # Names that take the place of a page's own.
    "<p id=cookie>x</p>",
    "<a id=defaultView href=https://a.example>x</a>",
    "<img name=getElementById src=x>",
)
"""As they are."""

MARKDOWN: Final = (
    "[x](javascript:hit())",
    "[x](<javascript:hit()>)",
    "[x](JaVaScRiPt:hit())",
    "[x](javascript&colon;hit())",
    "[x](JaVaScRiPt&colon;hit())",
    "[x](javascript&#58;hit())",
    "[x](&#x6A;avascript:hit())",
    "[x](javascript://a.example/%0Ahit())",
    "[x](vbscript:hit())",
    "[x](data:text/html;base64,PHNjcmlwdD5oaXQoKTwvc2NyaXB0Pg==)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://a.example/x)",
    "[x](ms-msdt:/id)",
    "![x](javascript:hit())",
    "![x](data:text/html,hit())",
    "[x]\n\n[x]: javascript:hit()",
    "[x][y]\n\n[y]: <JAVASCRIPT:hit()> 'title'",
    "<javascript:hit()>",
    "<vbscript:hit()>",
    "<data:text/html,hit()>",
    "[<img src=x onerror=hit()>](https://a.example)",
    "[^1]\n\n[^1]: <iframe src=javascript:hit()></iframe>",
    "| <script>hit()</script> |\n| --- |\n| <b onclick=hit()>x</b> |",
    "# <img src=x onerror=hit()>",
    "> * <svg onload=hit()>",
)
"""As Markdown."""

BREAKING_OUT: Final = (
    '[x](https://a.example "\\" onmouseover=hit() \\"")',
    '[x](https://a.example "" onmouseover=hit() "")',
    "[x](https://a.example/'onclick='hit\\(\\))",
    '<https://a.example/"onclick=hit()>',
    '![" onerror="hit()](x)',
    "[x](java&Tab;script:hit())",
    '```"><script>hit()</script>\n<script>hit()</script>\n```',
    "```html onload=hit()\n<script>hit()</script>\n```",
    "```html\n<script>hit()</script>\n```",
    "`<img src=x onerror=hit()>`",
    "    <script>hit()</script>",
    "[^<img src=x onerror=hit()>]\n\n[^<img src=x onerror=hit()>]: x",
    '# " onclick="hit()',
    "&lt;script&gt;hit()&lt;/script&gt;",
    "\\<script>hit()\\</script>",
    "<![CDATA[<img src=x onerror=hit()>]]>",
)
"""Markdown that harms where a renderer forgets to escape, or takes twice what is escaped."""

HARMLESS: Final = frozenset({"html", "head", "body"}) | {
    *("a", "b", "blockquote", "br", "code", "col", "colgroup", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3"),
    *(
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "section",
        "span",
        "strong",
        "sub",
        "sup",
    ),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"),
}
"""Elements of a text, which do nothing by themselves."""

TOLD: Final = frozenset({"align", "alt", "class", "colspan", "height", "rel", "rowspan", "scope", "span", "start"}) | {
    *("title", "width")
}
"""Attributes whose values are nothing but told."""

ADDRESSES: Final = frozenset({"href", "src"})
SCHEMES: Final = frozenset({"", "http", "https", "mailto", "tel"})
OWN_NAME: Final = re.compile(r"s-.*|fn(ref)?\d+(:\d+)?", re.DOTALL)
"""Names of headings and footnotes, which nothing of a page or a browser has."""

STRIPPED: Final = re.compile(r"^[\x00-\x20]+|[\t\n\r]")
"""What browsers do not see of an address (WHATWG URL, 4.4)."""


def harm_in(html: str) -> list[str]:
    """What a browser would find in the HTML that is more than a text."""
    parsed = LexborHTMLParser(f"<!doctype html><html><head></head><body>{html}</body></html>")
    return [harm for node in parsed.css("*") for harm in _harm_of(node)]


def _harm_of(node: LexborNode) -> list[str]:
    if node.tag not in HARMLESS:
        return [f"<{node.tag}>"]
    return [f"{name}={value}" for name, value in node.attributes.items() if not _is_harmless(name, value or "")]


def _is_harmless(name: str, value: str) -> bool:
    if name in ADDRESSES:
        return urlsplit(STRIPPED.sub("", value)).scheme in SCHEMES
    return name in TOLD or name.startswith("data-") or (name == "id" and OWN_NAME.fullmatch(value) is not None)
