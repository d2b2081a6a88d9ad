"""What editors do with categories."""

import strawberry

from auth.permissions import Permission
from domain.content_kinds import CATEGORY
from resolvers import catalog, editing
from schema import category_changes as changes
from schema.declare import mutation


@strawberry.type
class CategoryMutations:
    """Fields of the root of changes."""

    create_category: changes.CreateCategoryResult | None = mutation(
        catalog.create_category,
        "Add a category to the catalogue.",
        input=changes.CreateCategoryInput,
        requires=Permission.CATALOG_WRITE,
    )
    update_category: changes.UpdateCategoryResult | None = mutation(
        catalog.update_category,
        "Change a category, for everybody at once.",
        input=changes.UpdateCategoryInput,
        requires=Permission.CATALOG_WRITE,
    )
    update_categories: changes.UpdateCategoriesResult | None = mutation(
        editing.updating_many(CATEGORY),
        "Change several categories, each by itself.",
        input=changes.UpdateCategoriesInput,
        requires=Permission.CATALOG_WRITE,
    )
    trash_categories: changes.TrashCategoriesResult | None = mutation(
        editing.trashing(CATEGORY),
        "Put categories into the trash that hold nothing but what lies there too.",
        input=changes.TrashCategoriesInput,
        requires=Permission.CATALOG_WRITE,
    )
    restore_categories: changes.RestoreCategoriesResult | None = mutation(
        editing.restoring(CATEGORY),
        "Take categories out of the trash.",
        input=changes.RestoreCategoriesInput,
        requires=Permission.CATALOG_WRITE,
    )
    restore_category_revision: changes.RestoreCategoryRevisionResult | None = mutation(
        editing.restoring_revision(CATEGORY),
        "Let a category say again what it said in an earlier version, as its next one.",
        input=changes.RestoreCategoryRevisionInput,
        requires=Permission.CATALOG_WRITE,
    )
