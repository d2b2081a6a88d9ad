"""What editors do with posts, authors and sections of the blog."""

import strawberry

from auth.permissions import Permission
from domain.content_kinds import AUTHOR, POST, POST_CATEGORY
from resolvers import blog as changing
from resolvers import editing
from schema import blog_changes as blog
from schema import posts_changes as posts
from schema.declare import mutation


@strawberry.type
class ContentMutations:
    """Fields of the root of changes."""

    create_post: posts.CreatePostResult | None = mutation(
        changing.create_post,
        "Write a post. It is a draft, which readers do not see.",
        input=posts.CreatePostInput,
        requires=Permission.CONTENT_WRITE,
    )
    update_post: posts.UpdatePostResult | None = mutation(
        changing.update_post,
        "Change a post. Of one that is out it makes a draft, and readers see no change.",
        input=posts.UpdatePostInput,
        requires=Permission.CONTENT_WRITE,
    )
    update_posts: posts.UpdatePostsResult | None = mutation(
        editing.updating_many(POST),
        "Change several posts, each by itself.",
        input=posts.UpdatePostsInput,
        requires=Permission.CONTENT_WRITE,
    )
    trash_posts: posts.TrashPostsResult | None = mutation(
        editing.trashing(POST),
        "Put posts into the trash, where nobody sees them.",
        input=posts.TrashPostsInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    restore_posts: posts.RestorePostsResult | None = mutation(
        editing.restoring(POST),
        "Take posts out of the trash. One that was out is out again.",
        input=posts.RestorePostsInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    create_author: blog.CreateAuthorResult | None = mutation(
        changing.create_author, "Add an author.", input=blog.CreateAuthorInput, requires=Permission.CONTENT_PUBLISH
    )
    update_author: blog.UpdateAuthorResult | None = mutation(
        changing.update_author,
        "Change what is said of an author, for everybody at once.",
        input=blog.UpdateAuthorInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    trash_authors: blog.TrashAuthorsResult | None = mutation(
        editing.trashing(AUTHOR),
        "Put authors into the trash who have no posts but in the trash.",
        input=blog.TrashAuthorsInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    restore_authors: blog.RestoreAuthorsResult | None = mutation(
        editing.restoring(AUTHOR),
        "Take authors out of the trash.",
        input=blog.RestoreAuthorsInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    create_post_category: blog.CreatePostCategoryResult | None = mutation(
        changing.create_post_category,
        "Add a section to the blog.",
        input=blog.CreatePostCategoryInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    update_post_category: blog.UpdatePostCategoryResult | None = mutation(
        changing.update_post_category,
        "Change a section of the blog, for everybody at once.",
        input=blog.UpdatePostCategoryInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    trash_post_categories: blog.TrashPostCategoriesResult | None = mutation(
        editing.trashing(POST_CATEGORY),
        "Put sections into the trash. Their posts stay, and are in no section.",
        input=blog.TrashPostCategoriesInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    restore_post_categories: blog.RestorePostCategoriesResult | None = mutation(
        editing.restoring(POST_CATEGORY),
        "Take sections out of the trash.",
        input=blog.RestorePostCategoriesInput,
        requires=Permission.CONTENT_PUBLISH,
    )
