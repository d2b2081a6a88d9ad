"""Products and posts within a text, by reference: `::product[slug]` or `::post[slug]` on a line of its own."""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from typing_extensions import override

MARK: Final = "::"
EMBED: Final = re.compile(r"::(?P<kind>product|post)\[(?P<slug>[^\s\[\]/?#%]{1,255})\][ \t]*")
MOST_EMBEDS: Final = 20
"""Of a kind in one text. Further ones keep their places, and lead nowhere."""

TARGETS: Final = "targets"
"""Where the renderer finds what embeds lead to."""

PLACE: Final = re.compile(
    r'<div class="embed" data-embed="(?P<kind>\w+)" data-slug="(?P<slug>[^"]+)"(?: data-id="(?P<id>[^"]+)")?>'
)


class EmbedKind(StrEnum):
    """What can stand in a text."""

    PRODUCT = "product"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Embed:
    """A reference, as a text has it."""

    kind: EmbedKind
    slug: str

    @override
    def __str__(self) -> str:
        return f"{MARK}{self.kind}[{self.slug}]"


@dataclass(frozen=True, slots=True)
class Place:
    """The place of an embed in HTML, and what it led to when it was rendered."""

    embed: Embed
    target: UUID | None


Targets = Mapping[Embed, UUID]
"""What embeds lead to. Those that lead nowhere are not among them."""

NOWHERE: Final[Targets] = MappingProxyType({})


def embed_plugin(renderer: MarkdownIt) -> None:
    """Let an empty place stand for each, which front ends fill: `<div class="embed" data-embed data-slug data-id>`."""
    interrupted: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    renderer.block.ruler.before("paragraph", "embed", _read, interrupted)
    renderer.add_render_rule("embed", _shown)


def embeds_among(tokens: Sequence[Token]) -> list[Embed]:
    """What is embedded, each once, in the order of the text."""
    return list(dict.fromkeys(_embed_of(token) for token in tokens if token.type == "embed"))


def within_bounds(embeds: Sequence[Embed], targets: Targets) -> dict[Embed, UUID]:
    """The first few of each kind that lead somewhere, with what they lead to."""
    leading = [[each for each in embeds if each.kind is kind and each in targets][:MOST_EMBEDS] for kind in EmbedKind]
    return {each: targets[each] for some in leading for each in some}


def places_in(html: str) -> Iterator[Place]:
    """The places in HTML that was rendered."""
    for found in PLACE.finditer(html):
        target = None if found["id"] is None else UUID(b64decode(found["id"]).decode().partition(":")[2])
        yield Place(Embed(EmbedKind(found["kind"]), unescape(found["slug"])), target)


def _read(state: StateBlock, line: int, _end: int, silent: bool) -> bool:
    if state.is_code_block(line):
        return False
    found = EMBED.fullmatch(state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]])
    if found is None:
        return False
    if not silent:
        state.line = line + 1
        token = state.push("embed", "div", 0)
        token.attrs = {"class": "embed", "data-embed": found["kind"], "data-slug": found["slug"].lower()}
        token.map = [line, state.line]
    return True


def _shown(renderer: Any, tokens: Sequence[Token], place: int, _options: object, environment: Any) -> str:
    embed = _embed_of(tokens[place])
    target = environment[TARGETS].get(embed)
    if target is not None:
        tokens[place].attrSet("data-id", _global_id(embed.kind, target))
    return f"<div{renderer.renderAttrs(tokens[place])}></div>\n"


def _embed_of(token: Token) -> Embed:
    return Embed(EmbedKind(str(token.attrs["data-embed"])), str(token.attrs["data-slug"]))


def _global_id(kind: EmbedKind, key: UUID) -> str:
    """The id by which the API knows it; the same as resolvers.ids.encode_id."""
    return b64encode(f"{kind.title()}:{key}".encode()).decode()
