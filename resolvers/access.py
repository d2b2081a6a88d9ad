"""What a field asks of its viewer, and how it is refused."""

from auth.permissions import Gate, Requirement
from auth.viewer import Viewer
from resolvers.errors import ForbiddenError, UnauthenticatedError


def require(requirement: Requirement, viewer: Viewer) -> None:
    """Raise what a viewer is told who does not meet the requirement."""
    if viewer.may(requirement):
        return
    if isinstance(requirement, Gate):
        raise UnauthenticatedError
    raise ForbiddenError(requirement)
