"""The command: `uv run python -m benchmarks --help`."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import orjson
from rich.console import Console

from benchmarks.audit_cost import Amounts, measure_audit
from benchmarks.audit_report import audit_as_json, audit_as_markdown, audit_lines
from benchmarks.chart import as_svg
from benchmarks.checkouts import measure_checkouts
from benchmarks.checkouts_report import checkout_lines, checkouts_as_json, checkouts_as_markdown
from benchmarks.competition import Wish, compete
from benchmarks.content import measure_content
from benchmarks.content_report import content_as_json, content_as_markdown, content_lines
from benchmarks.contestants import OURS, list_contestants
from benchmarks.data import SCALES
from benchmarks.errors import AbsentError, BenchmarkError
from benchmarks.growth import growth_as_json, growth_as_markdown, growth_lines, measure_growth
from benchmarks.measuring import Plan
from benchmarks.outcome import Outcome, as_json
from benchmarks.perspectives import measure_perspectives
from benchmarks.perspectives_report import perspective_lines, perspectives_as_markdown
from benchmarks.protections import (
    measure_protections,
    protection_lines,
    protections_as_json,
    protections_as_markdown,
)
from benchmarks.report import as_markdown, summary_lines, target_lines
from benchmarks.sign_ins import measure_sign_ins
from benchmarks.sign_ins_report import sign_in_lines, sign_ins_as_json, sign_ins_as_markdown
from benchmarks.statements import measure_statements
from benchmarks.statements_report import statement_lines, statements_as_json, statements_as_markdown
from benchmarks.views import measure_views
from benchmarks.views_report import view_lines, views_as_json, views_as_markdown
from server.errors import ServerError
from server.stopping import unwinding_on_signals

RESULTS = Path(__file__).parent / "results"
FULL = Plan(seconds=2, rounds=5, warm_up_seconds=2)
QUICK = Plan(seconds=2, rounds=2, warm_up_seconds=1)
USUAL_SCALE = "10k"
SIGN_IN_SECONDS = 10
"""A percentile of a hundredth needs some hundreds of answers, at a hundred a second."""
CHECKOUT_SECONDS = 5

MANY_WRITES, SOME_WRITES = Amounts(mutations=1000, products=2000), Amounts(mutations=100, products=200)

EXIT_FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and write its results; the exit code."""
    console = Console(stderr=True, highlight=False, markup=False)
    options = _parse(arguments)
    try:
        with unwinding_on_signals():
            chosen = next((run for name, run in APART.items() if getattr(options, name)), _run_competition)
            return chosen(options, console)
    except (AbsentError, BenchmarkError, ServerError) as error:
        console.print(str(error))
        return EXIT_FAILED


def _run_competition(options: argparse.Namespace, console: Console) -> int:
    outcome = compete(_wish(options), console.print)
    _write(outcome, options.output)
    console.print("\n".join(["", *summary_lines(outcome), "", *target_lines(outcome)]), soft_wrap=True)
    return 0


def _run_growth(options: argparse.Namespace, console: Console) -> int:
    wish = _wish(options)
    grown = measure_growth(wish.judge, wish.plan, wish.operations, console.print)
    options.output.mkdir(parents=True, exist_ok=True)
    written = orjson.dumps(growth_as_json(grown, wish.plan), option=orjson.OPT_INDENT_2)
    (options.output / "growth.json").write_bytes(written)
    (options.output / "growth.md").write_text(growth_as_markdown(grown, wish.plan))
    console.print("\n".join(["", *growth_lines(grown)]), soft_wrap=True)
    return 0


def _run_sign_ins(options: argparse.Namespace, console: Console) -> int:
    plan = _wish(options).plan
    seconds = options.seconds or SIGN_IN_SECONDS
    rounds = measure_sign_ins(plan.rounds, seconds, console.print)
    options.output.mkdir(parents=True, exist_ok=True)
    written = orjson.dumps(sign_ins_as_json(rounds, seconds), option=orjson.OPT_INDENT_2)
    (options.output / "sign-ins.json").write_bytes(written)
    (options.output / "sign-ins.md").write_text(sign_ins_as_markdown(rounds, seconds))
    console.print("\n".join(["", *sign_in_lines(rounds)]), soft_wrap=True)
    return 0


def _run_audit(options: argparse.Namespace, console: Console) -> int:
    amounts = SOME_WRITES if options.quick else MANY_WRITES
    rounds = measure_audit(_wish(options).plan.rounds, amounts, console.print)
    options.output.mkdir(parents=True, exist_ok=True)
    written = orjson.dumps(audit_as_json(rounds, amounts), option=orjson.OPT_INDENT_2)
    (options.output / "audit.json").write_bytes(written)
    (options.output / "audit.md").write_text(audit_as_markdown(rounds, amounts))
    console.print("\n".join(["", *audit_lines(rounds)]), soft_wrap=True)
    return 0


def _run_statements(options: argparse.Namespace, console: Console) -> int:
    rounds = _wish(options).plan.rounds
    found = measure_statements(options.scale, rounds, console.print)
    options.output.mkdir(parents=True, exist_ok=True)
    written = orjson.dumps(statements_as_json(found, rounds), option=orjson.OPT_INDENT_2)
    (options.output / "statements.json").write_bytes(written)
    (options.output / "statements.md").write_text(statements_as_markdown(found, options.scale, rounds))
    console.print("\n".join(["", *statement_lines(found)]), soft_wrap=True)
    return 0


def _run_protections(options: argparse.Namespace, console: Console) -> int:
    plan = _wish(options).plan
    rounds = measure_protections(plan.rounds, plan.seconds, console.print)
    options.output.mkdir(parents=True, exist_ok=True)
    written = orjson.dumps(protections_as_json(rounds, plan.seconds), option=orjson.OPT_INDENT_2)
    (options.output / "protections.json").write_bytes(written)
    (options.output / "protections.md").write_text(protections_as_markdown(rounds, plan.seconds))
    console.print("\n".join(["", *protection_lines(rounds)]), soft_wrap=True)
    return 0


def _run_checkouts(options: argparse.Namespace, console: Console) -> int:
    plan = _wish(options).plan
    seconds = options.seconds or CHECKOUT_SECONDS
    found = measure_checkouts(plan.rounds, seconds, console.print)
    options.output.mkdir(parents=True, exist_ok=True)
    written = orjson.dumps(checkouts_as_json(found, seconds), option=orjson.OPT_INDENT_2)
    (options.output / "checkouts.json").write_bytes(written)
    (options.output / "checkouts.md").write_text(checkouts_as_markdown(found, seconds))
    console.print("\n".join(["", *checkout_lines(found)]), soft_wrap=True)
    return 0


def _run_views(options: argparse.Namespace, console: Console) -> int:
    plan = _wish(options).plan
    rounds = measure_views(plan.rounds, plan.seconds, console.print)
    options.output.mkdir(parents=True, exist_ok=True)
    written = orjson.dumps(views_as_json(rounds, plan.seconds), option=orjson.OPT_INDENT_2)
    (options.output / "views.json").write_bytes(written)
    (options.output / "views.md").write_text(views_as_markdown(rounds, plan.seconds))
    console.print("\n".join(["", *view_lines(rounds)]), soft_wrap=True)
    return 0


def _run_perspectives(options: argparse.Namespace, console: Console) -> int:
    outcome = measure_perspectives(options.scale, _wish(options).plan, console.print)
    options.output.mkdir(parents=True, exist_ok=True)
    written = orjson.dumps(as_json(outcome), option=orjson.OPT_INDENT_2)
    (options.output / "perspectives.json").write_bytes(written)
    (options.output / "perspectives.md").write_text(perspectives_as_markdown(outcome))
    console.print("\n".join(["", *perspective_lines(outcome)]), soft_wrap=True)
    return 0


def _run_content(options: argparse.Namespace, console: Console) -> int:
    found = measure_content(_wish(options).plan.rounds, console.print)
    options.output.mkdir(parents=True, exist_ok=True)
    written = orjson.dumps(content_as_json(found), option=orjson.OPT_INDENT_2)
    (options.output / "content.json").write_bytes(written)
    (options.output / "content.md").write_text(content_as_markdown(found))
    console.print("\n".join(["", *content_lines(found)]), soft_wrap=True)
    return 0


APART: Mapping[str, Callable[[argparse.Namespace, Console], int]] = MappingProxyType(
    {
        "growth": _run_growth,
        "sign_ins": _run_sign_ins,
        "audit": _run_audit,
        "protections": _run_protections,
        "statements": _run_statements,
        "checkouts": _run_checkouts,
        "views": _run_views,
        "content": _run_content,
        "perspectives": _run_perspectives,
    }
)
"""What is measured for itself, by the option that asks for it."""


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = [contestant.name for contestant in list_contestants()]
    parser = argparse.ArgumentParser("python -m benchmarks", description="Measure Merkato beside other servers.")
    parser.add_argument("--quick", action="store_true", help="two short runs each, to see that everything works")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=names, help=f"of {', '.join(names)}")
    parser.add_argument("--operations", nargs="+", metavar="NAME", default=(), help="such as `product` and `list`")
    parser.add_argument("--seconds", type=int, help="how long one run takes")
    parser.add_argument("--rounds", type=int, help="how many runs the medians are of")
    parser.add_argument("--scale", choices=SCALES, default=USUAL_SCALE, help="how many products there are")
    parser.add_argument("--growth", action="store_true", help="Merkato alone, on 10,000 products and on a million")
    parser.add_argument("--sign-ins", action="store_true", help="Merkato alone, with 200 people who sign in at once")
    parser.add_argument("--audit", action="store_true", help="Merkato alone: writes with the audit log and without")
    parser.add_argument("--protections", action="store_true", help="Merkato alone: with its protections and without")
    parser.add_argument("--statements", action="store_true", help="the statements by themselves, and hand-written ones")
    parser.add_argument("--checkouts", action="store_true", help="Merkato alone: whole checkouts, and pgbench's")
    parser.add_argument("--views", action="store_true", help="Merkato alone: reads beside views that are counted")
    parser.add_argument("--content", action="store_true", help="releases, and posts that are due at once")
    parser.add_argument("--perspectives", action="store_true", help="readers with and without previews, and previews")
    parser.add_argument("--output", type=Path, default=RESULTS, help="the folder for the results")
    return parser.parse_args(arguments)


def _wish(options: argparse.Namespace) -> Wish:
    usual = QUICK if options.quick else FULL
    plan = Plan(options.seconds or usual.seconds, options.rounds or usual.rounds, usual.warm_up_seconds)
    every = list_contestants()
    judge = next(contestant for contestant in every if contestant.name == OURS)
    chosen = [contestant for contestant in every if not options.only or contestant.name in options.only]
    return Wish(options.scale, plan, judge, chosen, options.operations)


def _write(outcome: Outcome, folder: Path) -> None:
    """latest.json, latest.md and latest.svg, with the scale in the name when it is not the usual one."""
    name = "latest" if outcome.scale == USUAL_SCALE else f"latest-{outcome.scale}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_bytes(orjson.dumps(as_json(outcome), option=orjson.OPT_INDENT_2))
    (folder / f"{name}.md").write_text(as_markdown(outcome))
    (folder / f"{name}.svg").write_text(as_svg(outcome))


if __name__ == "__main__":
    sys.exit(main())
