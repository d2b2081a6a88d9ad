"""The viewer: who is asking, and what they may do."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, false

from auth.permissions import Gate, Permission, Requirement
from auth.previews import Preview
from auth.roles import ROLE_PERMISSIONS
from models import Role


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever sent the request. Without an account it is a visitor, who is granted nothing."""

    user_id: UUID | None = None
    grants: frozenset[Permission] = frozenset()
    session_id: UUID | None = None
    """The session that the request is part of, as its access token says."""
    acts_for: UUID | None = None
    """Whose API token it is, of a machine: it has no account, so that nothing of the account is its own."""
    token_id: UUID | None = None
    """Which API token it is, of a machine."""
    guest_id: UUID | None = None
    """Which guest's token came with the request (auth/guests.py), whoever else sent it."""
    preview: Preview | None = None
    """Which drafts it sees as if they were out; it is granted nothing by that."""

    @property
    def is_visitor(self) -> bool:
        """Whether nothing is known of it: neither an account, nor any grant, nor a token of a guest or a preview."""
        return self.is_anonymous and self.guest_id is None and self.preview is None

    @property
    def is_anonymous(self) -> bool:
        """Whether it has neither an account nor any grant: a visitor, or a guest."""
        return self.user_id is None and not self.grants

    def may(self, requirement: Requirement) -> bool:
        """Whether the viewer is granted the permission, or passes the gate."""
        if isinstance(requirement, Gate):
            return requirement is Gate.PUBLIC or self.user_id is not None
        return requirement in self.grants

    @property
    def account_id(self) -> UUID:
        """Its account. Only for what is behind `Gate.SIGNED_IN`: without an account it raises LookupError."""
        if self.user_id is None:
            raise LookupError("The viewer has no account.")
        return self.user_id

    @property
    def actor_id(self) -> UUID:
        """Who is to answer for what it does with its permissions. Only behind a permission: visitors have none."""
        return self.account_id if self.acts_for is None else self.acts_for

    @property
    def key(self) -> ColumnElement[UUID]:
        """Its account as a parameter of SQL."""
        return bindparam(None, self.account_id, type_=Uuid())

    def owns(self, owner: Any) -> ColumnElement[bool]:
        """The condition that the account in the column `owner` is the viewer's own; nothing is a visitor's."""
        return false() if self.user_id is None else owner == self.key

    @property
    def guest_key(self) -> ColumnElement[UUID]:
        """The guest as a parameter of SQL. Without a guest's token it raises LookupError."""
        if self.guest_id is None:
            raise LookupError("The viewer is no guest.")
        return bindparam(None, self.guest_id, type_=Uuid())

    def holds(self, guest: Any) -> ColumnElement[bool]:
        """The condition that the guest in the column `guest` is the one whose token the viewer sent."""
        return false() if self.guest_id is None else guest == self.guest_key


VISITOR = Viewer()


def viewer_with_role(role: Role, user_id: UUID | None = None, session_id: UUID | None = None) -> Viewer:
    """The viewer that an account of this role is."""
    return Viewer(user_id=user_id, grants=ROLE_PERMISSIONS[role], session_id=session_id)
