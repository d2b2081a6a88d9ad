"""The paths of the shop's pages: a pattern such as `/products/{slug}` for each kind of thing that has a page."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote, unquote

import models
from models import Shop

SLUG = "{slug}"
LONGEST_PATH = 2_048
UNFIT = re.compile("[/\x00\ud800-\udfff]")
"""What no slug holds: a slash, and what PostgreSQL stores in no text."""
SAFE = "!$&'()*+,;=:@"
"""What may stand in a path as it is, besides letters, digits and `-._~` (RFC 3986, 3.3)."""

ADDRESSED: Mapping[type[models.Base], str] = MappingProxyType(
    {
        models.Product: "product_path",
        models.Category: "category_path",
        models.Service: "service_path",
        models.Post: "post_path",
        models.PostCategory: "post_category_path",
        models.Author: "author_path",
        models.Page: "page_path",
    }
)
"""What has pages, and the column of the shop that tells their path; where two patterns fit, the first is asked."""


@dataclass(frozen=True, slots=True)
class Address:
    """What a path may be the address of."""

    model: type[models.Base]
    pattern: str
    slug: str

    @property
    def path(self) -> str:
        """The path as it is written where it is the right one."""
        return path_of(self.pattern, self.slug)


def path_of(pattern: str, slug: str) -> str:
    """The path of the page with that slug, percent-encoded."""
    return quote(pattern.replace(SLUG, slug), safe=f"/{SAFE}")


def without_query(path: str) -> str:
    """The path alone."""
    return path.partition("#")[0].partition("?")[0]


def addresses_in(shop: Shop, path: str) -> Iterator[Address]:
    """What a path may be the address of, encoded or not, with or without a slash at its end, in any case of letters."""
    if len(path) > LONGEST_PATH:
        return
    plain = unquote(without_query(path))
    for model, column in ADDRESSED.items():
        pattern: str = getattr(shop, column)
        slug = slug_in(pattern, plain)
        if slug is not None:
            yield Address(model, pattern, slug)


def slug_in(pattern: str, path: str) -> str | None:
    """The slug in a path of that pattern; None in any other."""
    before, _, after = pattern.partition(SLUG)
    before, after, plain = before.lower(), after.lower().rstrip("/"), path.lower().rstrip("/")
    if not plain.startswith(before) or not plain.endswith(after) or len(plain) <= len(before) + len(after):
        return None
    slug = plain[len(before) : len(plain) - len(after)]
    return None if UNFIT.search(slug) else slug
