"""What authors and editors do to lead posts to their readers."""

import strawberry

from auth.permissions import Permission
from domain.content_kinds import POST
from domain.publishing_moves import Move
from resolvers import comments, publishing
from resolvers.editing import restoring_revision
from schema import publishing_changes as changes
from schema.declare import mutation


@strawberry.type
class PublishingMutations:
    """Fields of the root of changes."""

    submit_post: changes.SubmitPostResult | None = mutation(
        publishing.moving(POST, Move.SUBMIT),
        "Hand the newest version of a post in for review.",
        input=changes.SubmitPostInput,
        requires=Permission.CONTENT_WRITE,
    )
    request_post_changes: changes.RequestPostChangesResult | None = mutation(
        publishing.moving(POST, Move.REQUEST_CHANGES),
        "Send the newest version of a post back to its author.",
        input=changes.RequestPostChangesInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    approve_post: changes.ApprovePostResult | None = mutation(
        publishing.moving(POST, Move.APPROVE),
        "Say that the newest version of a post may come out. It has to pass the checks.",
        input=changes.ApprovePostInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    unschedule_post: changes.UnschedulePostResult | None = mutation(
        publishing.moving(POST, Move.UNSCHEDULE),
        "Let the newest version of a post wait.",
        input=changes.UnschedulePostInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    publish_post: changes.PublishPostResult | None = mutation(
        publishing.moving(POST, Move.PUBLISH),
        "Let readers see the newest version of a post, which is approved.",
        input=changes.PublishPostInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    archive_post: changes.ArchivePostResult | None = mutation(
        publishing.moving(POST, Move.ARCHIVE),
        "Let readers see a post no more. Its draft, if there is one, is the post from now on.",
        input=changes.ArchivePostInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    reopen_post: changes.ReopenPostResult | None = mutation(
        publishing.moving(POST, Move.REOPEN),
        "Write on at an archived post: it is a draft again.",
        input=changes.ReopenPostInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    schedule_post: changes.SchedulePostResult | None = mutation(
        publishing.scheduling(POST),
        "Have the newest version of a post come out later, by itself, or a post that is out go.",
        input=changes.SchedulePostInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    restore_post_revision: changes.RestorePostRevisionResult | None = mutation(
        restoring_revision(POST),
        "Let a post say again what it said in an earlier version, as its next one.",
        input=changes.RestorePostRevisionInput,
        requires=Permission.CONTENT_WRITE,
    )
    comment_on_post: changes.CommentOnPostResult | None = mutation(
        comments.comment_on_post,
        "Say something of the newest version of a post.",
        input=changes.CommentOnPostInput,
        requires=Permission.CONTENT_WRITE,
    )
    resolve_post_comment: changes.ResolvePostCommentResult | None = mutation(
        comments.resolve_post_comment,
        "Say that a comment is seen to.",
        input=changes.ResolvePostCommentInput,
        requires=Permission.CONTENT_WRITE,
    )
    update_publishing_policy: changes.UpdatePublishingPolicyResult | None = mutation(
        publishing.update_publishing_policy,
        "Say whether who wrote a post may approve it too.",
        input=changes.UpdatePublishingPolicyInput,
        requires=Permission.SHOP_WRITE,
    )
