"""What front ends tell of their readers."""

from typing import Annotated

import strawberry

from auth.permissions import Gate
from resolvers import counting
from schema.declare import mutation
from schema.inputs import key_of_any, mutation_input
from schema.payloads import Done
from schema.problems import InvalidInput

COUNTED = "A post or a service."


@mutation_input("What somebody looks at.")
class RecordViewInput:
    """A view."""

    id: strawberry.ID = key_of_any(COUNTED, "Post", "Service")


@mutation_input("What somebody shares.")
class RecordShareInput:
    """A share."""

    id: strawberry.ID = key_of_any(COUNTED, "Post", "Service")


RecordViewResult = Annotated[
    Done | InvalidInput,
    strawberry.union("RecordViewResult", description="The same whether it was counted or not, or what is wrong."),
]
RecordShareResult = Annotated[
    Done | InvalidInput,
    strawberry.union("RecordShareResult", description="The same whether it was counted or not, or what is wrong."),
]


@strawberry.type
class CountingMutations:
    """Fields of the root of changes."""

    record_view: RecordViewResult | None = mutation(
        counting.record_view,
        "Count that a reader looks at a post or a service. It is written within seconds; robots, and what is not "
        "public, are left out without a word. For browsers to send, because it goes by the user agent.",
        input=RecordViewInput,
        requires=Gate.PUBLIC,
    )
    record_share: RecordShareResult | None = mutation(
        counting.record_share,
        "Count that a reader shares a post or a service, in the same way.",
        input=RecordShareInput,
        requires=Gate.PUBLIC,
    )
