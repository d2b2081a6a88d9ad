"""What is wrong with what is out, for editors and link checkers."""

from datetime import datetime

import strawberry

import models
from domain import conditions, content_report
from schema.declare import column, expression, table
from schema.enums import FindingKind
from schema.filters import condition, filter_input
from schema.orders import ascending

BY_DETAIL = ascending("finding:detail", lambda finding: finding.detail)


@filter_input("Conditions on findings, which must all hold.")
class ContentFindingFilter:
    """What findings are filtered by."""

    kinds: list[FindingKind] | None = condition(
        lambda finding, kinds: conditions.one_of(finding.kind, kinds), "Of one of these kinds."
    )


@table(
    models.ContentFinding, "Something that is wrong with an item that is out, as an hourly look at everything found."
)
class ContentFinding:
    """A finding."""

    kind: FindingKind = column("What is wrong.")
    item: strawberry.ID = expression(content_report.global_id, "The id of the item; `node` has it.")
    title: str = column("What the item is called.")
    detail: str = column("The words that it has in common with others, or the path or embed that leads nowhere.")
    found_at: datetime = column("When it was first found.")
