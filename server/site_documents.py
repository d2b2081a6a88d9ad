"""What the front end's host passes on to this server: robots.txt, sitemaps and feeds, as any visitor sees the shop.

Answers carry an ETag over their bytes. Last-Modified is the last change of what is listed; what was taken away leaves
no date, so that If-Modified-Since is not asked.
"""

from asyncio import Semaphore
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from types import MappingProxyType
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import models
from domain.paths import ADDRESSED, path_of
from models import Shop
from resolvers.context import Context
from resolvers.site_pages import FeedPost, latest_posts, pages, sections, the_shop
from server.feeds import Feed, FeedEntry, atom_of, json_feed_of, rss_of
from server.http_caching import entity_tag, is_not_modified
from server.sitemaps import index_of, sitemap_of
from server.visiting import Visiting

AT_ONCE = 2
"""How many documents a process makes at the same time; others wait for their turn."""

KINDS: Mapping[str, type[models.Base]] = MappingProxyType({model.__tablename__: model for model in ADDRESSED})
FEEDS: Mapping[str, tuple[str, Callable[[Feed], bytes]]] = MappingProxyType(
    {
        "rss": ("application/rss+xml; charset=utf-8", rss_of),
        "atom": ("application/atom+xml; charset=utf-8", atom_of),
        "json": ("application/feed+json", json_feed_of),
    }
)
HOME = "sitemaps/home.xml"
"""The sitemap of the front page, so that the index is never empty, which the protocol forbids."""
XML = "application/xml; charset=utf-8"
UNSERVED = "User-agent: *\nDisallow: /graphql\nDisallow: /r/\n"


@dataclass(frozen=True, slots=True)
class Document:
    """What is answered."""

    media_type: str
    body: bytes
    changed_at: datetime | None = None


Make = Callable[[Context, Request], Awaitable[Document]]


class SiteDocuments:
    """Answers search engines and feed readers."""

    def __init__(self, visiting: Visiting, max_age_seconds: int) -> None:
        self._visiting = visiting
        self._control = f"public, max-age={max_age_seconds}" if max_age_seconds else "public, no-cache"
        self._turns = Semaphore(AT_ONCE)

    def routes(self) -> list[Route]:
        """One for each kind of document."""
        made: Mapping[str, Make] = {
            "/robots.txt": robots,
            "/sitemap.xml": sitemap_index,
            f"/{HOME}": home_sitemap,
            "/sitemaps/{kind}/{first:uuid}/{last:uuid}.xml": sitemap,
            "/feeds/posts.{form}": feed,
        }
        return [Route(path, self._answering(make)) for path, make in made.items()]

    def _answering(self, make: Make) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            async with self._visiting() as context, self._turns:
                document = await make(context, request)
            tag = entity_tag(document.media_type, document.body)
            headers = {"Cache-Control": self._control, "ETag": tag}
            if document.changed_at is not None:
                headers["Last-Modified"] = format_datetime(document.changed_at.astimezone(UTC), usegmt=True)
            if is_not_modified(request.headers.getlist("if-none-match"), tag):
                return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
            return Response(document.body, headers={**headers, "Content-Type": document.media_type})

        return answer


async def robots(context: Context, _request: Request) -> Document:
    """What robots may read, and where the sitemap is."""
    shop = await the_shop(context)
    where = "" if shop.site_url is None else f"\nSitemap: {shop.site_url}/sitemap.xml\n"
    return Document("text/plain; charset=utf-8", f"{UNSERVED}{where}".encode())


async def sitemap_index(context: Context, _request: Request) -> Document:
    """All sitemaps."""
    shop = await the_shop(context)
    site = site_of(shop)
    found = [(kind, part) for kind, model in KINDS.items() for part in await sections(context, model)]
    listed = [(f"{site}/sitemaps/{kind}/{part.first}/{part.last}.xml", part.changed_at) for kind, part in found]
    listed.insert(0, (f"{site}/{HOME}", shop.updated_at))
    return Document(XML, index_of(listed), max(changed for _, changed in listed))


async def home_sitemap(context: Context, _request: Request) -> Document:
    """The front page alone."""
    shop = await the_shop(context)
    return Document(XML, sitemap_of([(f"{site_of(shop)}/", shop.updated_at)]), shop.updated_at)


async def sitemap(context: Context, request: Request) -> Document:
    """The pages of one kind between two keys, as the index named them."""
    model = KINDS.get(request.path_params["kind"])
    shop = await the_shop(context)
    if model is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    first: UUID = request.path_params["first"]
    found = await pages(context, model, first, request.path_params["last"])
    if not found:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    site, pattern = site_of(shop), getattr(shop, ADDRESSED[model])
    located = [(f"{site}{path_of(pattern, page.slug)}", page.changed_at) for page in found]
    return Document(XML, sitemap_of(located), max(page.changed_at for page in found))


async def feed(context: Context, request: Request) -> Document:
    """The latest posts, in the form that the address ends with."""
    form: str = request.path_params["form"]
    if form not in FEEDS:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    media_type, write = FEEDS[form]
    shop, posts = await the_shop(context), await latest_posts(context)
    site = site_of(shop)
    entries = [entry_of(shop, site, found) for found in posts]
    changed_at = max((entry.updated_at for entry in entries), default=shop.updated_at)
    about = Feed(
        id=shop.id.urn,
        title=shop.name,
        description=shop.description,
        home=f"{site}/",
        address=f"{site}/feeds/posts.{form}",
        updated_at=changed_at,
        entries=entries,
    )
    return Document(media_type, write(about), changed_at)


def site_of(shop: Shop) -> str:
    """Where the shop's pages are. Without it there are no sitemaps and feeds, which need whole addresses."""
    if shop.site_url is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return shop.site_url


def is_whole(address: str | None) -> bool:
    """Whether an address names a host, as readers of feeds need it."""
    return address is not None and address.startswith(("http://", "https://"))


def entry_of(shop: Shop, site: str, found: FeedPost) -> FeedEntry:
    """A post as feeds tell of it."""
    post = found.post
    return FeedEntry(
        id=post.id.urn,
        address=f"{site}{path_of(shop.post_path, post.slug)}",
        title=post.title,
        summary=post.excerpt,
        text=post.plain_text if post.rendering else post.body,
        author=found.author,
        category=found.category,
        image=post.featured_image_url if is_whole(post.featured_image_url) else None,
        published_at=post.dated_at,
        updated_at=max(post.updated_at, post.dated_at),
    )
