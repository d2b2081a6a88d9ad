"""Who is on record for what a request changes."""

from auth.viewer import Viewer
from auth.visits import Visit
from domain.actors import Actor
from models import ActorKind


def actor_of(viewer: Viewer, visit: Visit) -> Actor:
    """The viewer and where it comes from, for the audit log."""
    return Actor(
        kind=_kind_of(viewer),
        account_id=viewer.user_id if viewer.acts_for is None else viewer.acts_for,
        token_id=viewer.token_id,
        address=visit.address,
        user_agent=visit.user_agent,
        request_id=visit.request_id,
    )


def _kind_of(viewer: Viewer) -> ActorKind:
    if viewer.acts_for is not None:
        return ActorKind.API_TOKEN
    return ActorKind.VISITOR if viewer.user_id is None else ActorKind.USER
