"""Schema directives: what the SDL says about a field beyond its type."""

import strawberry
from strawberry.schema_directive import Location


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="requires",
    description=(
        "Only viewers with this permission may use the field; others get null and the error code FORBIDDEN. "
        "`signed-in` is everybody with an account; others get the code UNAUTHENTICATED. `public` is everybody."
    ),
)
class Requires:
    """The permission a field needs."""

    permission: str


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="attempt",
    description=(
        "The mutation checks a password, a code or a link, or sends one: an operation may have one such field. "
        "Several are refused with the code DOCUMENT_LIMIT_EXCEEDED before any of them is tried."
    ),
)
class Attempt:
    """A mutation that may stand in an operation but once."""
