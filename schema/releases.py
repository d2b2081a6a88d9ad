"""Releases: items that come out or go together."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

import models
from auth.permissions import Permission
from domain import conditions
from schema import declare
from schema.catalog import Product
from schema.content import Post
from schema.declare import column, many, one, sort_enum, table
from schema.enums import ReleaseAction, ReleaseStatus
from schema.filters import condition, filter_input
from schema.orders import ascending, descending
from schema.pages import Page
from schema.relay import Connection, Node
from schema.services import Service

if TYPE_CHECKING:
    from schema.accounts import Account

AS_ADDED = ascending("release-item:added", lambda item: item.id)
LAST_FIRST = descending("release-event:last", lambda event: event.recorded_at)


@sort_enum("How releases are sorted.")
class ReleaseSort(Enum):
    """Orders of lists of releases."""

    NEWEST = descending("release:newest", lambda release: release.created_at, "The newest first.")
    TITLE_ASC = ascending("release:title-asc", lambda release: release.title, "By title.")


@filter_input("Conditions on releases, which must all hold.")
class ReleaseFilter:
    """What releases are filtered by."""

    status: list[ReleaseStatus] | None = condition(
        lambda release, statuses: conditions.one_of(release.status, statuses), "In one of these states."
    )


@table(models.ReleaseItem, "An item of a release: its newest version comes out, as it is then, or it goes.")
class ReleaseItem(Node):
    """An item: one of its post, page, product and service is there, if the viewer may see it."""

    action: ReleaseAction = column("Whether it comes out or goes.")
    post: Post | None = one(models.ReleaseItem.post, "The post; its `version` and `draftStatus` are of its draft.")
    page: Page | None = one(models.ReleaseItem.page, "The page of text.")
    product: Product | None = one(models.ReleaseItem.product, "The product.")
    service: Service | None = one(models.ReleaseItem.service, "The service.")
    was_out: bool | None = column("Whether readers saw it before the release came out; null until then.")
    version_before: int | None = column("The version that its row held before; null until then.")
    version_after: int | None = column("The version that its row held when the release was out; null until then.")


@table(models.ReleaseEvent, "An entry of a release's history. Nobody can change it.")
class ReleaseEvent:
    """What happened to a release."""

    status: ReleaseStatus = column("Where the release stood from then on.")
    note: str | None = column("Why it did not come out, or what was left as it was.")
    recorded_at: datetime = column("When it happened.")
    actor: Annotated["Account", strawberry.lazy("schema.accounts")] | None = one(
        models.ReleaseEvent.actor, "Whose doing it was; null for the worker's.", requires=Permission.ACCOUNTS_READ
    )


@table(models.Release, "Items that come out or go together, in one transaction, or not at all.")
class Release(Node):
    """A release."""

    title: str = column("What editors call it.")
    notes: str = column("What they say of it.")
    status: ReleaseStatus = column("Where it stands.")
    version: int = column("Rises with each change of the release or its list: what `expectedVersion` is compared with.")
    scheduled_at: datetime | None = column("When it is to come out; null unless it is scheduled.")
    schedule_time_zone: str | None = column("The time zone that the editor thinks in who scheduled it last.")
    last_error: str | None = column("Why it did not come out when it should have.")
    published_at: datetime | None = column("When it came out last; null before.")
    items: Connection[ReleaseItem] = many(models.Release.items, "Its items, as they were added.", order=AS_ADDED)
    events: Connection[ReleaseEvent] = many(models.Release.events, "Its history, the last first.", order=LAST_FIRST)
    created_at: datetime = column("When it was made.")
    updated_at: datetime = column("When it was last changed.")


@strawberry.type
class ReleaseQueries:
    """Fields of the root of queries."""

    release: Release | None = declare.lookup(
        models.Release, "Release", "A release, by its id.", by=("id",), requires=Permission.CONTENT_READ
    )
    releases: Connection[Release] | None = declare.page(
        models.Release,
        "The releases, past ones too.",
        order=ReleaseSort.NEWEST,
        sort=ReleaseSort,
        filter=ReleaseFilter,
        requires=Permission.CONTENT_READ,
    )
