"""The viewer of a plan: its grants are structure, its account arrives with each request."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement
from typing_extensions import override

from auth.viewer import Viewer
from compiler.inputs import Inputs

ANY_ACCOUNT = UUID(int=0)
"""Stands for all accounts alike. Whoever builds SQL from it instead of from `key` finds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivingViewer(Viewer):
    """A viewer with some account."""

    inputs: Inputs

    @property
    @override
    def key(self) -> ColumnElement[UUID]:
        return self.inputs.account


def arriving(viewer: Viewer, inputs: Inputs) -> Viewer:
    """The viewer as a plan is traced for it and all others with its grants."""
    if viewer.user_id is None:
        return viewer
    return ArrivingViewer(user_id=ANY_ACCOUNT, grants=viewer.grants, inputs=inputs)
