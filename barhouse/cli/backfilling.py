"""``barhouse backfill``: ask for the holes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated

import typer

from barhouse.backfill import Hole, Plan, plan_backfill
from barhouse.cli.console import err, out, result
from barhouse.cli.extract_progress import ExtractProgress
from barhouse.cli.extracting import show_landing
from barhouse.cli.logs import is_json, start_logs
from barhouse.errors import BarhouseError
from barhouse.instruments import day_of
from barhouse.landing import extract_provider
from barhouse.opening import ready_warehouse
from barhouse.rebased import plan_refetch
from barhouse.user_errors import FOR_USERS
from extract.settings import load_settings

_SHOWN_LINES = 40
#: So many series are named of those that nobody is asked for.
_NAMED = 5


def backfill(
    gaps: Annotated[
        bool, typer.Option("--gaps", help="Ask for the holes of quality.gaps that are open.")
    ] = False,
    rebased: Annotated[
        bool,
        typer.Option("--rebased", help="Ask anew for histories that their provider restated."),
    ] = False,
    since: Annotated[
        str | None, typer.Option(help="First session day, YYYY-MM-DD. Default: all.")
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="Only this symbol, our spelling.")] = None,
    timeframe: Annotated[str | None, typer.Option(help="Only this one, e.g. 1m.")] = None,
    provider: Annotated[
        str | None,
        typer.Option(help="Whom to ask. Default: of each series, the best that ever was asked."),
    ] = None,
    refetch: Annotated[
        bool, typer.Option("--refetch", help="Ask also where the answer was that nothing traded.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is asked for.")] = False,
) -> None:
    """Ask for the bars that are missing, or that were restated. Exit codes: as extract.

    Example: `barhouse backfill --gaps --since 2024-01-01 --dry-run`.
    """
    if gaps == rebased:
        raise BarhouseError(
            "Say either --gaps, for what quality.gaps lacks, or --rebased, for what "
            "quality.quarantine holds back as restated; a range of your own is asked for by "
            "`barhouse extract PROVIDER --symbols ... --start ...`."
        )
    if rebased and (since or refetch):
        raise BarhouseError(
            "A restated history is asked for as a whole; leave out --since and --refetch."
        )
    settings = load_settings()
    start_logs(settings)
    warehouse = ready_warehouse(settings)
    narrowed = {"symbol": symbol, "timeframe": timeframe, "provider": provider}
    if rebased:
        plan = plan_refetch(warehouse, **narrowed)
    else:
        first = day_of(since) if since else None
        plan = plan_backfill(warehouse, since=first, refetch=refetch, **narrowed)
    _show_plan(plan)
    if dry_run or not plan.asks:
        return
    codes = set()
    for ask in plan.asks:
        try:
            with ExtractProgress(err, is_silent=is_json(settings)) as progress:
                report = extract_provider(
                    ask.provider,
                    settings,
                    warehouse,
                    ask.options(),
                    holes=ask.ranges(settings.project_dir),
                    progress=progress.row_counter(ask.provider),
                    watch=progress.watcher(ask.provider),
                )
        except FOR_USERS as error:
            # One provider that is down does not keep the others from being asked.
            err.print(f"{ask.provider}: {error}", style="red", markup=False)
            codes.add(1)
            continue
        show_landing(report)
        codes.add(report.exit_code)
    out.print("run `barhouse build` to publish what landed")
    raise typer.Exit(0 if codes == {0} else 1 if codes == {1} else 3)


def _show_plan(plan: Plan) -> None:
    asked = [hole for ask in plan.asks for hole in ask.holes]
    if asked:
        _show_holes(asked)
        names = " and ".join(ask.provider for ask in plan.asks)
        out.print(f"{_counted(asked)} to ask {names} for")
    else:
        out.print("nothing to ask a provider for")
    reasons: dict[str, list[Hole]] = defaultdict(list)
    for hole, reason in plan.left_out:
        reasons[reason].append(hole)
    for reason, holes in reasons.items():
        series = list(dict.fromkeys(f"{hole.symbol} {hole.timeframe}" for hole in holes))
        more = f" and {len(series) - _NAMED} more" if len(series) > _NAMED else ""
        err.print(
            f"not asked for: {_counted(holes)} of {', '.join(series[:_NAMED])}{more}: {reason}",
            markup=False,
        )


def _counted(holes: Sequence[Hole]) -> str:
    bar_count = sum(hole.bar_count for hole in holes)
    kind = "restated" if holes[0].states == "rebased" else "missing"
    return f"{bar_count:,} {kind} bars in {len(holes):,} ranges"


def _show_holes(holes: Sequence[Hole]) -> None:
    groups: dict[tuple[str | None, str, str], list[Hole]] = defaultdict(list)
    for hole in holes:
        groups[hole.provider, hole.symbol, hole.timeframe].append(hole)
    rows = [
        (
            *series,
            len(group),
            sum(hole.bar_count for hole in group),
            f"{min(hole.start_at for hole in group):%Y-%m-%d %H:%M}",
            f"{max(hole.end_at for hole in group):%Y-%m-%d %H:%M}",
            ", ".join(sorted({state for hole in group for state in hole.states.split(", ")})),
        )
        for series, group in groups.items()
    ]
    columns = ["provider", "symbol", "timeframe", "ranges", "bars", "from (UTC)", "to (UTC)", "why"]
    result(columns, rows[:_SHOWN_LINES])
    if len(rows) > _SHOWN_LINES:
        out.print(f"and {len(rows) - _SHOWN_LINES:,} more lines like these")
