"""The mutation that makes preview tokens."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

import models
from auth.preview_making import preview_of_types
from auth.previews import TABLES, NewPreviewToken, Preview, PreviewedType
from domain.editing import ItemNotFoundError
from domain.errors import invalid
from domain.releases import ReleaseNotFoundError
from resolvers.context import Context
from resolvers.ids import GlobalId
from resolvers.loading import load_row

USUAL_MINUTES: Final = 60

MODELS: Final[Mapping[str, type[models.Base]]] = MappingProxyType(
    {"Page": models.Page, "Post": models.Post, "Product": models.Product, "Service": models.Service}
)
"""What has drafts, by the names of its types."""


async def create_preview_token(
    context: Context,
    *,
    item: GlobalId | None = None,
    types: Collection[PreviewedType] | None = None,
    release: UUID | None = None,
    lifetime_minutes: int = USUAL_MINUTES,
) -> NewPreviewToken:
    """A token that shows the draft of one item, those of types, or a release."""
    if sum(each is not None for each in (item, types, release)) > 1:
        raise invalid("types", "Give either an item, types, or a release.")
    if release is not None:
        preview = await _preview_of_release(context, release)
    else:
        preview = await _preview_of(context, item) if item is not None else preview_of_types(context.viewer, types)
    lifetime = timedelta(minutes=lifetime_minutes)
    tokens = context.safeguards.preview_tokens
    return tokens.write(preview, context.viewer.actor_id, datetime.now(UTC), lifetime)


async def _preview_of(context: Context, item: GlobalId) -> Preview:
    """The draft of that item, which the viewer has to see. Raises ItemNotFoundError and InvalidInputError."""
    kind = PreviewedType(item.type_name.upper())
    preview_of_types(context.viewer, {kind})
    if await load_row(context, MODELS[item.type_name], "id", item.key) is None:
        raise ItemNotFoundError(kind.lower())
    return Preview(frozenset({TABLES[kind]}), item.key)


async def _preview_of_release(context: Context, release_id: UUID) -> Preview:
    """The release, for whoever sees the drafts of whatever may be in one.

    Raises ReleaseNotFoundError and InvalidInputError.
    """
    preview_of_types(context.viewer, set(PreviewedType))
    if await load_row(context, models.Release, "id", release_id) is None:
        raise ReleaseNotFoundError
    return Preview(release=release_id)
