"""Who may show which drafts: nobody hands on more than they see themselves."""

from collections.abc import Collection

from auth.previews import TABLES, Preview, PreviewedType
from auth.viewer import Viewer
from auth.visibility import REVISED
from domain.errors import InvalidField, InvalidInputError


def preview_of_types(viewer: Viewer, types: Collection[PreviewedType] | None) -> Preview:
    """The drafts of these types, or else of all that the viewer sees drafts of. Raises InvalidInputError."""
    own = frozenset(each for each, table in TABLES.items() if viewer.may(REVISED[table]))
    wanted = own if types is None else frozenset(types)
    if not wanted or not wanted <= own:
        raise InvalidInputError([InvalidField(("types",), "Name types whose drafts you see yourself.")])
    return Preview(frozenset(TABLES[each] for each in wanted))
