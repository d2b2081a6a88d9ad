"""What a post has to be like before it comes out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.content_kinds import POST, Content
from domain.errors import DomainError
from domain.paths import Address, addresses_in
from models import Post, PublishingStatus, Shop
from models.shop import SHOP_ID

LEAST_DESCRIPTION, MOST_DESCRIPTION = 50, 160
"""Characters of a search engine's summary: less says little, more is cut."""

IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\(")
INTERNAL_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<path>/[^)\s]*)")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that keeps a post from coming out."""

    field: str
    """As the input of posts calls it, in `snake_case`."""
    message: str


class NotReadyError(DomainError):
    """The post does not pass the checks."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(f"The checks found what keeps this from coming out ({len(findings)}). Mend it first.")
        self.findings = tuple(findings)


async def require_ready(session: AsyncSession, post: Post, content: Content) -> None:
    """Refuse what should not come out as it is. Raises NotReadyError with all that was found."""
    findings = [*find_gaps(content), *await _taken_slug(session, post, content), *await _broken_links(session, content)]
    if findings:
        raise NotReadyError(findings)


def find_gaps(content: Content) -> Iterator[Finding]:
    """What can be told from the post alone."""
    for name in ("title", "excerpt", "body"):
        if not content[name].strip():
            yield Finding(name, "It is empty.")
    description = content["seo_description"]
    if description is not None and not LEAST_DESCRIPTION <= len(description) <= MOST_DESCRIPTION:
        span = f"{LEAST_DESCRIPTION} to {MOST_DESCRIPTION}"
        yield Finding("seo_description", f"It has {len(description)} characters; search engines show {span}.")
    if content["featured_image_url"] and not content["featured_image_alt"].strip():
        yield Finding("featured_image_alt", "The picture is not described for those who do not see it.")
    silent = sum(1 for image in IMAGE.finditer(content["body"]) if not image["alt"].strip())
    if silent:
        yield Finding("body", f"Pictures in it that are not described: {silent}.")


async def _taken_slug(session: AsyncSession, post: Post, content: Content) -> list[Finding]:
    rival = select(Post.id).where(Post.slug == content["slug"], Post.id != post.id)
    is_taken = await session.scalar(rival) is not None
    return [Finding("slug", f"Another {POST.name} has it.")] if is_taken else []


async def _broken_links(session: AsyncSession, content: Content) -> list[Finding]:
    """Links to pages of the shop that are not there. What is no page of ours, such as a file, is not followed."""
    shop = await session.get_one(Shop, SHOP_ID)
    paths = dict.fromkeys(link["path"] for link in INTERNAL_LINK.finditer(content["body"]))
    broken = []
    for path in paths:
        addresses = list(addresses_in(shop, path))
        if addresses and not [address for address in addresses if await _leads_somewhere(session, address)]:
            broken.append(Finding("body", f"The link {path} leads nowhere."))
    return broken


async def _leads_somewhere(session: AsyncSession, address: Address) -> bool:
    columns = address.model.__table__.c
    there = select(columns.id).where(columns.slug == address.slug)
    if "deleted_at" in columns:
        there = there.where(columns.deleted_at.is_(None))
    for shown in ("is_active", "is_visible"):
        if shown in columns:
            there = there.where(columns[shown])
    if address.model is Post:
        there = there.where(columns.status.in_([PublishingStatus.PUBLISHED, PublishingStatus.SCHEDULED]))
    return await session.scalar(there) is not None
