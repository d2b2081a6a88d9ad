"""Doing again what was given up, or forgetting it."""

from typing import Annotated

import strawberry

from domain.dead_letters import DeadLetterNotFoundError
from domain.outbox import Job
from schema.inputs import key, mutation_input
from schema.problems import InvalidInput, Problem, problem


@mutation_input("Which job to do again.")
class ReplayDeadLetterInput:
    """A dead letter."""

    id: strawberry.ID = key("The dead letter.", "DeadLetter")


@mutation_input("Which job to forget.")
class DropDeadLetterInput:
    """A dead letter."""

    id: strawberry.ID = key("The dead letter.", "DeadLetter")


@strawberry.type(description="A job that was given up and waits to be done again.")
class ReplayedJob:
    """What became of a dead letter."""

    name: str = strawberry.field(description="What is to be done, such as send_mail.")

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Whether a mutation gave one."""
        return isinstance(value, Job)


@strawberry.type(description="A job that was given up and is never done.")
class DroppedJob:
    """What was forgotten."""

    name: str = strawberry.field(description="What was to be done, such as send_mail.")

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Whether a mutation gave one."""
        return isinstance(value, Job)


@problem(DeadLetterNotFoundError, "There is no such dead letter, or somebody has replayed or dropped it before.")
class DeadLetterNotFound(Problem):
    """Look at the list again."""


ReplayDeadLetterResult = Annotated[
    ReplayedJob | InvalidInput | DeadLetterNotFound,
    strawberry.union("ReplayDeadLetterResult", description="The job, or why it is not done again."),
]
DropDeadLetterResult = Annotated[
    DroppedJob | InvalidInput | DeadLetterNotFound,
    strawberry.union("DropDeadLetterResult", description="The job, or why there is nothing to forget."),
]
