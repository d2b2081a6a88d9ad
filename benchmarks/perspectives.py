"""What it costs that there are previews: readers beside a server without them, and whoever holds a preview token."""

from dataclasses import replace

from benchmarks.competition import Wish, compete_on
from benchmarks.contestants import OURS, WITHOUT_PREVIEWS, Contestant, list_contestants, served
from benchmarks.data import FOLDER, SCALES, Report
from benchmarks.measuring import Plan
from benchmarks.outcome import Outcome
from benchmarks.perspectives_shop import drafted_shop
from benchmarks.statements import HAND_WRITTEN as CEILING
from benchmarks.targets import CEILING_SHARE, Target, statement_targets

OPERATIONS = ("product", "list", "posts")
PREVIEW = "merkato-preview"

USUAL = served("server.app:create_served_app")
"""As `merkato serve` has it, by the protocol by which the one without previews is served."""

LEAST_SHARE = 0.97
"""What is within the noise of this measurement."""


def measure_perspectives(scale: str, plan: Plan, report: Report) -> Outcome:
    """All operations of all sides. Raises BenchmarkError, or a ServerError when the database does not start."""
    sides = list_sides()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with drafted_shop(SCALES[scale], report) as database:
        wish = Wish(scale, plan, sides[0], sides, OPERATIONS, has_new_texts=False)
        return compete_on(database, wish, report)


def list_sides() -> list[Contestant]:
    """Readers, the same without previews, hand-written statements on the tables, and a preview of all drafts."""
    every = {each.name: each for each in list_contestants()}
    readers = replace(every[OURS], title="**Readers**", command=USUAL)
    return [
        readers,
        replace(
            readers,
            name=WITHOUT_PREVIEWS,
            title="Readers where there are no previews",
            command=served("benchmarks.servers.without_previews:create_app"),
        ),
        every[CEILING],
        replace(readers, name=PREVIEW, title="With a preview token for all drafts", previews=True),
    ]


def list_perspective_targets(outcome: Outcome) -> list[Target]:
    """Those for which the figures were measured."""
    shares = [_share(outcome, name, WITHOUT_PREVIEWS, LEAST_SHARE) for name in OPERATIONS]
    return [
        *(target for target in (*shares, _share(outcome, "product", CEILING, CEILING_SHARE)) if target is not None),
        *statement_targets(outcome),
    ]


def _share(outcome: Outcome, name: str, other: str, wanted: float) -> Target | None:
    share = outcome.ratio((name, OURS), (name, other), "per_second")
    by_cpu = outcome.ratio((name, other), (name, OURS), "server_cpu_ms")
    return None if share is None else Target(f"{name}: requests/s against {other}", share, wanted, otherwise=by_cpu)
