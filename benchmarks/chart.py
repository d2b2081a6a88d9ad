"""The results as an SVG of horizontal bars, one panel for each of the operations that matter most."""

from collections.abc import Iterator
from html import escape

from benchmarks.contestants import CONSTANT, Contestant, Kind
from benchmarks.operations import Operation
from benchmarks.outcome import Outcome

SHOWN = ("product", "list", "posts")
WIDTH = 860
LABEL_WIDTH = 270
VALUE_WIDTH = 90
ROW_HEIGHT = 26
BAR_HEIGHT = 16
TITLE_HEIGHT = 44
MARGIN = 12
COLOURS = {Kind.OURS: "#0f766e", Kind.CEILING: "#b6bcc6", Kind.PEER: "#7c8698"}
TEXT = "#6b7280"
"""Readable on white and on black."""


def as_svg(outcome: Outcome) -> str:
    """The chart of requests a second."""
    panels = [operation for operation in outcome.operations if operation.name in SHOWN]
    height = MARGIN
    parts: list[str] = []
    for operation in panels:
        rows = list(_rows(outcome, operation))
        parts += [_title(operation, height), *_bars(rows, height + TITLE_HEIGHT)]
        height += TITLE_HEIGHT + ROW_HEIGHT * len(rows) + MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="Requests a second by server">'
    )
    return "\n".join([head, *parts, "</svg>", ""])


def _rows(outcome: Outcome, operation: Operation) -> Iterator[tuple[Contestant, float]]:
    """The contestants with a figure, the fastest first; the constant answer would dwarf all others."""
    figures = [
        (contestant, figure)
        for contestant in outcome.contestants
        if contestant.name != CONSTANT
        and (figure := outcome.figure(operation.name, contestant.name, "per_second")) is not None
    ]
    return iter(sorted(figures, key=lambda row: -row[1]))


def _title(operation: Operation, top: int) -> str:
    text = f"{operation.title} (requests/s)"
    return f'<text x="{MARGIN}" y="{top + 28}" fill="{TEXT}" font-weight="600">{escape(text)}</text>'


def _bars(rows: list[tuple[Contestant, float]], top: int) -> Iterator[str]:
    most = max((figure for _, figure in rows), default=1)
    for place, (contestant, figure) in enumerate(rows):
        y = top + place * ROW_HEIGHT
        length = max(1, round((WIDTH - LABEL_WIDTH - VALUE_WIDTH) * figure / most))
        baseline = y + BAR_HEIGHT - 3
        weight = ' font-weight="600"' if "**" in contestant.title else ""
        label = escape(contestant.title.strip("*"))
        yield (
            f'<text x="{LABEL_WIDTH - 8}" y="{baseline}" fill="{TEXT}" text-anchor="end"{weight}>{label}</text>'
            f'<rect x="{LABEL_WIDTH}" y="{y}" width="{length}" height="{BAR_HEIGHT}" rx="2" '
            f'fill="{COLOURS[contestant.kind]}"/>'
            f'<text x="{LABEL_WIDTH + length + 6}" y="{baseline}" fill="{TEXT}"{weight}>{figure:,.0f}</text>'
        )
