"""The root of all changes: what a mutation can do, one line for each. Whoever may do it is said in the line."""

import strawberry

from auth.permissions import Gate, Permission
from resolvers import jobs, profiles
from schema.declare import mutation
from schema.jobs_changes import DropDeadLetterInput, DropDeadLetterResult, ReplayDeadLetterInput, ReplayDeadLetterResult
from schema.profiles import UpdateProfileInput, UpdateProfileResult


@strawberry.type(description="Where every change starts. Several are made one after the other, each by itself.")
class Mutation:
    """The root fields. They are nullable, so that a failure of one leaves the answers of the others."""

    update_profile: UpdateProfileResult | None = mutation(
        profiles.update_profile,
        "Change what one's own account tells.",
        input=UpdateProfileInput,
        requires=Gate.SIGNED_IN,
    )
    replay_dead_letter: ReplayDeadLetterResult | None = mutation(
        jobs.replay_dead_letter,
        "Have a job done again that was given up.",
        input=ReplayDeadLetterInput,
        requires=Permission.JOBS_WRITE,
    )
    drop_dead_letter: DropDeadLetterResult | None = mutation(
        jobs.drop_dead_letter,
        "Forget a job that was given up.",
        input=DropDeadLetterInput,
        requires=Permission.JOBS_WRITE,
    )
