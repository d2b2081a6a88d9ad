"""The blog as RSS 2.0, Atom and JSON Feed.

Sources: the RSS 2.0 specification, RFC 4287 and JSON Feed 1.1. Entries are known by the key of their post, so that
readers are not shown a post again because its address or title changed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson

ATOM = "http://www.w3.org/2005/Atom"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
JSON_FEED = "https://jsonfeed.org/version/1.1"
LANGUAGE = "en"

_UNFIT_FOR_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 does not take, not even escaped."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A post."""

    id: str
    """An URI that is never another post's."""
    address: str
    title: str
    summary: str
    text: str
    author: str
    category: str | None
    image: str | None
    published_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """A blog."""

    id: str
    title: str
    description: str
    home: str
    address: str
    """Where the feed itself is."""
    updated_at: datetime
    entries: Sequence[FeedEntry]


def rss_of(feed: Feed) -> bytes:
    """The feed as RSS 2.0. Authors are Dublin Core's, because RSS wants their e-mail addresses."""
    root = Element("rss", {"version": "2.0", "xmlns:atom": ATOM, "xmlns:dc": DUBLIN_CORE})
    channel = SubElement(root, "channel")
    _texts(channel, {"title": feed.title, "link": feed.home, "description": feed.description or feed.title})
    SubElement(channel, "atom:link", {"href": feed.address, "rel": "self", "type": "application/rss+xml"})
    _texts(channel, {"lastBuildDate": format_datetime(feed.updated_at.astimezone(UTC), usegmt=True)})
    for entry in feed.entries:
        item = SubElement(channel, "item")
        _texts(item, {"title": entry.title, "link": entry.address, "description": entry.summary})
        SubElement(item, "guid", {"isPermaLink": "false"}).text = entry.id
        _texts(item, {"pubDate": format_datetime(entry.published_at.astimezone(UTC), usegmt=True)})
        _texts(item, {"dc:creator": entry.author, "category": entry.category})
    return _written(root)


def atom_of(feed: Feed) -> bytes:
    """The feed as Atom."""
    root = Element("feed", {"xmlns": ATOM, "xml:lang": LANGUAGE})
    _texts(root, {"id": feed.id, "title": feed.title, "subtitle": feed.description or None})
    _texts(root, {"updated": _moment(feed.updated_at)})
    SubElement(root, "link", {"href": feed.home})
    SubElement(root, "link", {"href": feed.address, "rel": "self", "type": "application/atom+xml"})
    for entry in feed.entries:
        item = SubElement(root, "entry")
        _texts(item, {"id": entry.id, "title": entry.title})
        SubElement(item, "link", {"href": entry.address})
        _texts(item, {"published": _moment(entry.published_at), "updated": _moment(entry.updated_at)})
        _texts(SubElement(item, "author"), {"name": entry.author})
        if entry.category:
            SubElement(item, "category", {"term": _fit(entry.category)})
        _texts(item, {"summary": entry.summary})
    return _written(root)


def json_feed_of(feed: Feed) -> bytes:
    """The feed as JSON Feed."""
    about = {"version": JSON_FEED, "title": feed.title, "home_page_url": feed.home, "feed_url": feed.address}
    items = [_item(entry) for entry in feed.entries]
    return orjson.dumps({**about, "description": feed.description, "language": LANGUAGE, "items": items})


def _item(entry: FeedEntry) -> dict[str, object]:
    item: dict[str, object] = {
        "id": entry.id,
        "url": entry.address,
        "title": entry.title,
        "summary": entry.summary,
        "content_text": entry.text,
        "date_published": _moment(entry.published_at),
        "date_modified": _moment(entry.updated_at),
        "authors": [{"name": entry.author}],
    }
    optional = {"image": entry.image, "tags": [entry.category] if entry.category else None}
    return item | {name: value for name, value in optional.items() if value}


def _texts(parent: Element, texts: dict[str, str | None]) -> None:
    for name, text in texts.items():
        if text is not None:
            SubElement(parent, name).text = _fit(text)


def _fit(text: str) -> str:
    return _UNFIT_FOR_XML.sub("", text)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _written(root: Element) -> bytes:
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written
