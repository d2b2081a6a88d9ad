"""The viewer: who is asking, and what they may do."""

from dataclasses import dataclass
from uuid import UUID

from auth.permissions import ROLE_PERMISSIONS, Permission
from models import Role


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever sent the request. Without an account it is a visitor, who is granted nothing."""

    user_id: UUID | None = None
    grants: frozenset[Permission] = frozenset()

    @property
    def is_visitor(self) -> bool:
        """Whether it has neither an account nor any grant."""
        return self.user_id is None and not self.grants

    def may(self, permission: Permission) -> bool:
        """Whether the viewer is granted the permission."""
        return permission in self.grants


VISITOR = Viewer()


def viewer_with_role(role: Role, user_id: UUID | None = None) -> Viewer:
    """The viewer that an account of this role is."""
    return Viewer(user_id=user_id, grants=ROLE_PERMISSIONS[role])
