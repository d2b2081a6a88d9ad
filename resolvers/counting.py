"""Mutations that count: they write nothing, and answer the same whether anything was counted or not."""

from domain.counting import Counted, Subject
from domain.robots import is_robot
from resolvers.context import Context
from resolvers.ids import GlobalId
from resolvers.mutations import DONE, Done


async def record_view(context: Context, *, id: GlobalId) -> Done:  # noqa: A002 - what clients call it
    """Count that somebody looks at it."""
    if _is_reader(context):
        await context.counts.record(_counted(context, id), views=1)
    return DONE


async def record_share(context: Context, *, id: GlobalId) -> Done:  # noqa: A002 - what clients call it
    """Count that somebody shares it."""
    if _is_reader(context):
        await context.counts.record(_counted(context, id), shares=1)
    return DONE


def _is_reader(context: Context) -> bool:
    return not is_robot(context.visit.user_agent)


def _counted(context: Context, named: GlobalId) -> Counted:
    return Counted(Subject(named.type_name), named.key, context.visit.at.date())
