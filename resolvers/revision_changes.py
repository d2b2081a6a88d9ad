"""What is different between two versions of an item that is edited in versions."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from auth.visibility import REVISED
from domain.catalog_kinds import PRODUCT, SERVICE
from domain.content_kinds import AUTHOR, CATEGORY, PAGE, POST, POST_CATEGORY, Kind
from domain.menus import MENU
from domain.revision_diffs import FieldChange, changes_between
from resolvers.context import Context
from resolvers.ids import decode_id

KINDS: Final[Mapping[str, Kind[Any]]] = MappingProxyType(
    {kind.model.__name__: kind for kind in (AUTHOR, CATEGORY, MENU, PAGE, POST, POST_CATEGORY, PRODUCT, SERVICE)}
)
"""By the names of their types."""


async def revision_changes(
    context: Context, item: str, since: int | None = None, until: int | None = None
) -> Sequence[FieldChange] | None:
    """The changes between two versions of the item that a global id names; None for whoever may not see revisions."""
    named = decode_id(item)
    kind = KINDS.get(named.type_name)
    if kind is None or not context.viewer.may(REVISED[kind.table_name]):
        return None
    async with context.consulting() as session:
        return await changes_between(session, kind, named.key, since, until)
