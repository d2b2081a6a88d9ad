"""What authors and editors do with pages of text."""

import strawberry

from auth.permissions import Permission
from domain.content_kinds import PAGE
from domain.publishing_moves import Move
from resolvers import comments, editing, publishing
from resolvers import pages as changing
from schema import page_publishing as ways
from schema import pages_changes as pages
from schema.declare import mutation


@strawberry.type
class PageMutations:
    """Fields of the root of changes."""

    create_page: pages.CreatePageResult | None = mutation(
        changing.create_page,
        "Write a page of text. It is a draft, which readers do not see.",
        input=pages.CreatePageInput,
        requires=Permission.CONTENT_WRITE,
    )
    update_page: pages.UpdatePageResult | None = mutation(
        changing.update_page,
        "Change a page of text. Of one that is out it makes a draft, and readers see no change.",
        input=pages.UpdatePageInput,
        requires=Permission.CONTENT_WRITE,
    )
    update_pages: pages.UpdatePagesResult | None = mutation(
        editing.updating_many(PAGE),
        "Change several pages of text, each by itself.",
        input=pages.UpdatePagesInput,
        requires=Permission.CONTENT_WRITE,
    )
    trash_pages: pages.TrashPagesResult | None = mutation(
        editing.trashing(PAGE),
        "Put pages of text into the trash, where nobody sees them.",
        input=pages.TrashPagesInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    restore_pages: pages.RestorePagesResult | None = mutation(
        editing.restoring(PAGE),
        "Take pages of text out of the trash. One that was out is out again.",
        input=pages.RestorePagesInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    submit_page: ways.SubmitPageResult | None = mutation(
        publishing.moving(PAGE, Move.SUBMIT),
        "Hand the newest version of a page in for review.",
        input=ways.SubmitPageInput,
        requires=Permission.CONTENT_WRITE,
    )
    request_page_changes: ways.RequestPageChangesResult | None = mutation(
        publishing.moving(PAGE, Move.REQUEST_CHANGES),
        "Send the newest version of a page back to whoever wrote it.",
        input=ways.RequestPageChangesInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    approve_page: ways.ApprovePageResult | None = mutation(
        publishing.moving(PAGE, Move.APPROVE),
        "Say that the newest version of a page may come out. It has to pass the checks.",
        input=ways.ApprovePageInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    unschedule_page: ways.UnschedulePageResult | None = mutation(
        publishing.moving(PAGE, Move.UNSCHEDULE),
        "Let the newest version of a page wait.",
        input=ways.UnschedulePageInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    publish_page: ways.PublishPageResult | None = mutation(
        publishing.moving(PAGE, Move.PUBLISH),
        "Let readers see the newest version of a page, which is approved.",
        input=ways.PublishPageInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    archive_page: ways.ArchivePageResult | None = mutation(
        publishing.moving(PAGE, Move.ARCHIVE),
        "Let readers see a page no more. Its draft, if there is one, is the page from now on.",
        input=ways.ArchivePageInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    reopen_page: ways.ReopenPageResult | None = mutation(
        publishing.moving(PAGE, Move.REOPEN),
        "Write on at an archived page: it is a draft again.",
        input=ways.ReopenPageInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    schedule_page: ways.SchedulePageResult | None = mutation(
        publishing.scheduling(PAGE),
        "Have the newest version of a page come out later, by itself, or a page that is out go.",
        input=ways.SchedulePageInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    restore_page_revision: ways.RestorePageRevisionResult | None = mutation(
        editing.restoring_revision(PAGE),
        "Let a page say again what it said in an earlier version, as its next one.",
        input=ways.RestorePageRevisionInput,
        requires=Permission.CONTENT_WRITE,
    )
    comment_on_page: ways.CommentOnPageResult | None = mutation(
        comments.comment_on_page,
        "Say something of the newest version of a page.",
        input=ways.CommentOnPageInput,
        requires=Permission.CONTENT_WRITE,
    )
    resolve_page_comment: ways.ResolvePageCommentResult | None = mutation(
        comments.resolve_page_comment,
        "Say that a comment is seen to.",
        input=ways.ResolvePageCommentInput,
        requires=Permission.CONTENT_WRITE,
    )
