"""What a path of the shop's front end leads to."""

import strawberry

from resolvers import paths
from resolvers.paths import PathStatus
from schema.payloads import payload
from schema.relay import Node

RESOLVING_COST = 5


@payload(paths.PathResolution, "What is at a path, where it went, or that there is nothing.")
class PathResolution:
    """Where to send a reader."""

    status: PathStatus = strawberry.field(description="Whether to show it, to send the reader on, or to say no.")
    path: str = strawberry.field(
        description="Where it is now, percent-encoded: the last address, in one step. As it was given, when MISSING."
    )
    node: Node | None = strawberry.field(description="What has its page there; null when MISSING.")
