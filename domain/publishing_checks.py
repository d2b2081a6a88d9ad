"""What a post or a page has to be like before it comes out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from domain.content_values import Content
from domain.embed_targets import find_missing_embeds
from domain.errors import DomainError
from domain.links import NONE, Slugs, leading_nowhere
from domain.revisions import Opened
from domain.text_references import TextReferences, read_references
from models import PublishingStatus
from models.base import Base
from models.publishing import Publishable

LEAST_DESCRIPTION, MOST_DESCRIPTION = 50, 160
"""Characters of a search engine's summary: less says little, more is cut."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that keeps an item from coming out."""

    field: str
    """As the input of its kind calls it, in `snake_case`."""
    message: str


class NotReadyError(DomainError):
    """The item does not pass the checks."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(f"The checks found what keeps this from coming out ({len(findings)}). Mend it first.")
        self.findings = tuple(findings)


async def require_ready(session: AsyncSession, item: Opened[Any], coming: Slugs = NONE) -> None:
    """Refuse what should not come out as it is; it may link to what is coming, and embed it.

    Raises NotReadyError with all that was found.
    """
    body = {item.row.id: item.content["body"]}
    references = (await read_references(body))[item.row.id]
    nowhere = await leading_nowhere(session, references.links, leads_somewhere, coming)
    missing = await find_missing_embeds(session, body, leads_somewhere, coming)
    findings = [*find_gaps(item.content, references), *await _taken_slug(session, item), *map(broken_link, nowhere)]
    findings += [Finding("body", message) for message in missing[item.row.id]]
    if findings:
        raise NotReadyError(findings)


def find_gaps(content: Content, references: TextReferences) -> Iterator[Finding]:
    """What can be told from the item alone."""
    for name in ("title", "excerpt", "body"):
        if name in content and not content[name].strip():
            yield Finding(name, "It is empty.")
    description = content["seo_description"]
    if description is not None and not LEAST_DESCRIPTION <= len(description) <= MOST_DESCRIPTION:
        span = f"{LEAST_DESCRIPTION} to {MOST_DESCRIPTION}"
        yield Finding("seo_description", f"It has {len(description)} characters; search engines show {span}.")
    if content.get("featured_image_url") and not content["featured_image_alt"].strip():
        yield Finding("featured_image_alt", "The picture is not described for those who do not see it.")
    if references.undescribed:
        yield Finding("body", f"Pictures in it that are not described: {references.undescribed}.")


async def _taken_slug(session: AsyncSession, item: Opened[Any]) -> list[Finding]:
    columns = item.kind.model.__table__.c
    rival = select(columns.id).where(columns.slug == item.content["slug"], columns.id != item.row.id)
    is_taken = await session.scalar(rival) is not None
    return [Finding("slug", f"Another {item.kind.name} has it.")] if is_taken else []


def broken_link(address: str) -> Finding:
    """What is wrong with a link to a page of the shop that is not there."""
    return Finding("body", f"The link {unquote(address)} leads nowhere.")


def leads_somewhere(model: type[Base]) -> ColumnElement[bool]:
    """The condition that a row is there for readers, or is about to be."""
    columns = model.__table__.c
    conditions: list[ColumnElement[bool]] = [true()]
    if "deleted_at" in columns:
        conditions.append(columns.deleted_at.is_(None))
    conditions += [columns[shown] for shown in ("is_active", "is_visible") if shown in columns]
    if issubclass(model, Publishable):
        conditions.append(columns.status.in_([PublishingStatus.PUBLISHED, PublishingStatus.SCHEDULED]))
    return and_(*conditions)
