"""Paths of category names: found in the tree, or added to it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from uuid_utils.compat import uuid7

from domain.slugs import slugify
from models.base import SLUG_LENGTH

SUFFIX_LENGTH = 8
LONGEST_SLUG = SLUG_LENGTH - len("-") - SUFFIX_LENGTH
"""A path's slug leaves room for a suffix, in case that another category has it."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A category as the tree knows it."""

    id: UUID
    parent_id: UUID | None
    slug: str
    name: str
    is_trashed: bool = False
    """It keeps its slug, and nothing is placed in it."""

    def row(self) -> dict[str, UUID | str | None]:
        """What the table holds of a new one."""
        return {"id": self.id, "parent_id": self.parent_id, "slug": self.slug, "name": self.name}


@dataclass(slots=True)
class CategoryTree:
    """The part of the tree that a batch speaks of, and the branches it adds, parents first."""

    by_slug: dict[str, Branch] = field(default_factory=dict)
    by_place: dict[tuple[UUID | None, str], Branch] = field(default_factory=dict)
    added: list[Branch] = field(default_factory=list)

    def take(self, branches: Iterable[Branch]) -> None:
        """Add branches that are stored."""
        for branch in branches:
            self.by_slug[branch.slug] = branch
            if branch.is_trashed:
                continue
            self.by_place[branch.parent_id, branch.name.casefold()] = branch

    def with_slug(self, slug: str) -> Branch | None:
        """The category with the slug, unless it lies in the trash."""
        branch = self.by_slug.get(slug)
        return None if branch is None or branch.is_trashed else branch

    def place(self, names: tuple[str, ...]) -> UUID:
        """The id of the category at the end of the path.

        The first name stands for the category with its slug, wherever that is in the tree: an editor may have moved
        it. A name below it stands for the child so named, or for the one that was added for this path and has since
        been renamed or moved.
        """
        branch: Branch | None = None
        for level, name in enumerate(names):
            slug = slug_of_path(names[: level + 1])
            branch = self._find(branch, name, slug) or self._add(branch, name, slug)
        if branch is None:
            raise ValueError("A path has at least one name.")
        return branch.id

    def _find(self, parent: Branch | None, name: str, slug: str) -> Branch | None:
        same_slug = self.with_slug(slug)
        if parent is None:
            return same_slug or self.by_place.get((None, name.casefold()))
        child = self.by_place.get((parent.id, name.casefold()))
        if child is None and same_slug and (same_slug.parent_id == parent.id or same_slug.name == name):
            return same_slug
        return child

    def _add(self, parent: Branch | None, name: str, slug: str) -> Branch:
        new_id = uuid7()
        free = f"{slug}-{new_id.hex[-SUFFIX_LENGTH:]}" if slug in self.by_slug else slug
        branch = Branch(new_id, parent.id if parent else None, free, name)
        self.take([branch])
        self.added.append(branch)
        return branch


def slug_of_path(names: tuple[str, ...]) -> str:
    """The slug that a category added for the path gets: `Home > Garden` becomes `home-garden`."""
    return "-".join(slugify(name) for name in names)
