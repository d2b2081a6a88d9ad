"""How a subscription is declared: the row that an event is about, for viewers who may see it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from typing_extensions import override

import models
from domain.events import Event, EventKind
from resolvers.context import Context
from resolvers.declarations import Arguments, Declaration, MergedInfo
from resolvers.ids import decode_id_of
from resolvers.loading import load_row


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subscription(Declaration):
    """The row of an event. Each event is an operation of its own, whose root value is the row."""

    kind: EventKind
    model: type[models.Base]
    type_name: str | None = None
    """With one, a client may follow a single row, by its global id."""

    @override
    def resolve(self, row: Any, info: MergedInfo, arguments: Arguments) -> Any:
        return row

    def followed(self, arguments: Arguments) -> UUID | None:
        """The single row that a client follows; None where it is told of all. Raises BadInputError."""
        key = None if self.type_name is None else arguments.get("id")
        return None if key is None else decode_id_of(str(self.type_name), key)

    async def row_of(self, event: Event, context: Context) -> models.Base | None:
        """The row, if the viewer may see it; whom there is nothing to see for is told nothing."""
        row: models.Base | None = await load_row(context, self.model, "id", event.key)
        return row
