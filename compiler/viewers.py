"""The viewer of a plan: its grants are structure, its account and its guest arrive with each request."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement
from typing_extensions import override

from auth.viewer import Viewer
from compiler.inputs import Inputs

ANYBODY = UUID(int=0)
"""Stands for all accounts and all guests alike. Whoever builds SQL from it instead of from `key` finds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivingViewer(Viewer):
    """A viewer with some account, some guest's token, or both."""

    inputs: Inputs

    @property
    @override
    def key(self) -> ColumnElement[UUID]:
        return self.inputs.account

    @property
    @override
    def guest_key(self) -> ColumnElement[UUID]:
        return self.inputs.guest


def arriving(viewer: Viewer, inputs: Inputs) -> Viewer:
    """The viewer as a plan is traced for it and all others with its grants."""
    if viewer.user_id is None and viewer.guest_id is None:
        return viewer
    return ArrivingViewer(
        user_id=None if viewer.user_id is None else ANYBODY,
        guest_id=None if viewer.guest_id is None else ANYBODY,
        grants=viewer.grants,
        inputs=inputs,
    )
