"""What editors do with menus."""

from typing import Annotated

import strawberry

from auth.permissions import Permission
from domain.menus import MENU, MenuNotFoundError
from models.menus import CODE_LENGTH
from resolvers import menus
from resolvers.editing import restoring, restoring_revision, trashing
from resolvers.input_rules import NestedRule
from resolvers.menus import line_of, target_of
from schema import editing
from schema.declare import mutation
from schema.editing import ItemNotFound, RevisionNotFound, SlugTaken, TrashedItems
from schema.inputs import HIGHEST_VERSION, LONGEST_URL, items, key, mutation_input, nested, number, text
from schema.menus import Menu
from schema.problems import Conflict, InvalidInput, Problem, problem

WHICH = "The menu."
MOST_LINES = 50
"""The most lines beside each other."""


@mutation_input("Where a line of a menu leads: give one of these, or none for a heading.")
class MenuTargetInput:
    """A target."""

    url: str | None = text("An address: https://…, mailto:…, tel:…, or a path such as `/sale`.", longest=LONGEST_URL)
    page: strawberry.ID | None = key("A page of text.", "Page")
    post: strawberry.ID | None = key("A post.", "Post")
    post_category: strawberry.ID | None = key("A section of the blog.", "PostCategory")
    category: strawberry.ID | None = key("A category.", "Category")
    product: strawberry.ID | None = key("A product.", "Product")
    service: strawberry.ID | None = key("A service.", "Service")


@mutation_input("A line of a menu at the third level, the deepest.")
class MenuLeafInput:
    """A line."""

    label: str = editing.line("What it says.", shortest=1)
    target: MenuTargetInput | None = nested("Where it leads.", target_of)


@mutation_input("A line of a menu at the second level.")
class MenuBranchInput:
    """A line."""

    label: str = editing.line("What it says.", shortest=1)
    target: MenuTargetInput | None = nested("Where it leads.", target_of)
    items: list[MenuLeafInput] | None = items("The lines below it.", NestedRule(makes=line_of), most=MOST_LINES)


@mutation_input("A line at the top of a menu.")
class MenuItemInput:
    """A line."""

    label: str = editing.line("What it says.", shortest=1)
    target: MenuTargetInput | None = nested("Where it leads.", target_of)
    items: list[MenuBranchInput] | None = items("The lines below it.", NestedRule(makes=line_of), most=MOST_LINES)


@mutation_input("What a menu is to be, as a whole.")
class SetMenuInput:
    """A menu."""

    code: str = text("What front ends call it, such as `main`.", longest=CODE_LENGTH, shortest=1)
    name: str = editing.line("What editors call it.", shortest=1)
    items: list[MenuItemInput] = items("Its lines.", NestedRule(makes=line_of), most=MOST_LINES)
    expected_version: int | None = number(
        "The version that was read; absent for a new menu.", least=1, most=HIGHEST_VERSION
    )


@mutation_input("A menu as an editor has read it.")
class ReadMenuInput:
    """A menu and its version."""

    id: strawberry.ID = key(WHICH, "Menu")
    expected_version: int = editing.version_read()


@mutation_input("Which menus to put into the trash, where nobody sees them.")
class TrashMenusInput:
    """Menus."""

    items: list[ReadMenuInput] = editing.read_items()


@mutation_input("Which menus to take out of the trash. Each is what it was.")
class RestoreMenusInput:
    """Menus."""

    ids: list[strawberry.ID] = editing.keys("Menu")


@mutation_input("Which version a menu is to say again.")
class RestoreMenuRevisionInput:
    """A menu and one of its versions."""

    id: strawberry.ID = key(WHICH, "Menu")
    expected_version: int = editing.version_read()
    version: int = editing.earlier_version()


@problem(MenuNotFoundError, "There is no menu with the code.")
class MenuNotFound(Problem):
    """Leave out the version to make one."""


SetMenuResult = Annotated[
    Menu | InvalidInput | MenuNotFound | Conflict,
    strawberry.union("SetMenuResult", description="The menu, or why it is as it was."),
]
TrashMenusResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("TrashMenusResult", description="What became of each."),
]
RestoreMenusResult = Annotated[
    TrashedItems | InvalidInput,
    strawberry.union("RestoreMenusResult", description="What became of each."),
]
RestoreMenuRevisionResult = Annotated[
    Menu | InvalidInput | ItemNotFound | Conflict | RevisionNotFound | SlugTaken,
    strawberry.union("RestoreMenuRevisionResult", description="The menu, or why it says what it said."),
]


@strawberry.type
class MenuMutations:
    """Fields of the root of changes."""

    set_menu: SetMenuResult | None = mutation(
        menus.set_menu,
        "Say what a menu is, with all its lines, for everybody at once. Without a version it is a new one. Lines that "
        "others have changed since are a conflict with other lines, and stay when only the name is another.",
        input=SetMenuInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    trash_menus: TrashMenusResult | None = mutation(
        trashing(MENU),
        "Put menus into the trash, where nobody sees them.",
        input=TrashMenusInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    restore_menus: RestoreMenusResult | None = mutation(
        restoring(MENU),
        "Take menus out of the trash.",
        input=RestoreMenusInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    restore_menu_revision: RestoreMenuRevisionResult | None = mutation(
        restoring_revision(MENU),
        "Let a menu say again what it said in an earlier version, for everybody at once.",
        input=RestoreMenuRevisionInput,
        requires=Permission.CONTENT_PUBLISH,
    )
