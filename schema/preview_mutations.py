"""How editors show drafts to whoever may not see them."""

from datetime import datetime
from typing import Annotated

import strawberry

from auth.permissions import Permission
from auth.previews import LONGEST_LIFETIME, NewPreviewToken
from resolvers import previews
from resolvers.input_rules import Rule
from resolvers.previews import MODELS, USUAL_MINUTES
from schema.declare import mutation
from schema.editing import ItemNotFound
from schema.enums import PreviewedType
from schema.inputs import items, key, key_of_any, mutation_input, number
from schema.payloads import payload
from schema.problems import InvalidInput
from schema.release_changes import ReleaseNotFound

MOST_MINUTES = int(LONGEST_LIFETIME.total_seconds()) // 60


@mutation_input("Which drafts to show: that of one item, those of types, a release, or else all that you see yourself.")
class CreatePreviewTokenInput:
    """What a token shows."""

    item: strawberry.ID | None = key_of_any(
        "The only item whose newest version is shown, also if it was hidden or archived.", *MODELS
    )
    types: list[PreviewedType] | None = items("What to show the drafts of.", Rule(), least=1, most=len(PreviewedType))
    release: strawberry.ID | None = key("The release that is shown as if it were out.", "Release")
    lifetime_minutes: int | None = number(
        f"For how long the token is good; {USUAL_MINUTES} when absent.", least=1, most=MOST_MINUTES
    )


@payload(NewPreviewToken, "A token that shows drafts as if they were out. It cannot be taken back.")
class PreviewToken:
    """To be handed to a front end."""

    text: str = strawberry.field(description="To be sent as the header `Preview-Token` with queries. It is shown once.")
    expires_at: datetime = strawberry.field(description="Until when it is good.")


CreatePreviewTokenResult = Annotated[
    PreviewToken | InvalidInput | ItemNotFound | ReleaseNotFound,
    strawberry.union("CreatePreviewTokenResult", description="The token, or why there is none."),
]


@strawberry.type
class PreviewMutations:
    """Fields of the root of changes."""

    create_preview_token: CreatePreviewTokenResult | None = mutation(
        previews.create_preview_token,
        "Make a token whose bearer sees drafts as if they were out, and is granted nothing else.",
        input=CreatePreviewTokenInput,
        requires=Permission.CONTENT_READ,
    )
