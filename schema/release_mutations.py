"""What editors do with releases."""

import strawberry

from auth.permissions import Permission
from resolvers import releases
from schema import release_changes as changes
from schema.declare import mutation


@strawberry.type
class ReleaseMutations:
    """Fields of the root of changes."""

    create_release: changes.CreateReleaseResult | None = mutation(
        releases.create_release,
        "Make a release: items that come out or go together.",
        input=changes.CreateReleaseInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    update_release: changes.UpdateReleaseResult | None = mutation(
        releases.update_release,
        "Say something else of a release.",
        input=changes.UpdateReleaseInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    add_to_release: changes.AddToReleaseResult | None = mutation(
        releases.add_to_release,
        "Put items into a release, of each kind that one may publish.",
        input=changes.AddToReleaseInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    remove_from_release: changes.RemoveFromReleaseResult | None = mutation(
        releases.remove_from_release,
        "Take items out of a release.",
        input=changes.RemoveFromReleaseInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    schedule_release: changes.ScheduleReleaseResult | None = mutation(
        releases.schedule_release,
        "Have a release come out later, by itself. It has to be ready now.",
        input=changes.ScheduleReleaseInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    unschedule_release: changes.UnscheduleReleaseResult | None = mutation(
        releases.unschedule_release,
        "Let a release wait.",
        input=changes.UnscheduleReleaseInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    publish_release: changes.PublishReleaseResult | None = mutation(
        releases.publish_release,
        "Let all items of a release come out or go, or none of them.",
        input=changes.PublishReleaseInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    roll_back_release: changes.RollBackReleaseResult | None = mutation(
        releases.roll_back_release,
        "Let readers see of all items of a release what they saw before it.",
        input=changes.RollBackReleaseInput,
        requires=Permission.CONTENT_PUBLISH,
    )
    archive_release: changes.ArchiveReleaseResult | None = mutation(
        releases.archive_release,
        "Put a release away. Its items stay as they are.",
        input=changes.ArchiveReleaseInput,
        requires=Permission.CONTENT_PUBLISH,
    )
