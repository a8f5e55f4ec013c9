"""The commands that bring bars in: providers, extract, coverage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from barhouse.cli.console import AsJson, err, listed, out, result, table
from barhouse.cli.extract_progress import ExtractProgress
from barhouse.cli.logs import is_json, start_logs
from barhouse.errors import BarhouseError
from barhouse.extracting import SourceResult, extract_sources
from barhouse.landing import extract_provider
from barhouse.opening import ready_warehouse
from barhouse.sources_config import SourceEntry, load_sources
from extract.coverage import asked_ranges
from extract.pipelines import LandingReport, RequestOutcome
from extract.providers import MisconfiguredError, provider_names
from extract.registry import load_provider
from extract.settings import load_settings

_SHOWN_LINES = 40


def providers(as_json: AsJson = False) -> None:
    """List the registered providers."""
    rows = []
    for name in provider_names():
        try:
            described = (load_provider(name).__doc__ or "").strip().partition("\n")[0]
        except MisconfiguredError as error:
            described = str(error)
        rows.append((name, described))
    if as_json:
        listed(["provider", "description"], rows)
    else:
        table("", ["provider", "what it is"], rows)


def extract(
    provider: Annotated[
        str | None, typer.Argument(help="A provider; `barhouse providers` lists them.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All sources of config/sources.yaml, side by side.")
    ] = False,
    symbols: Annotated[
        str | None, typer.Option(help="Symbols, ours or the provider's: AAPL,MSFT or BTC/USD.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="A preset or universe of config/, e.g. dow30.")
    ] = None,
    timeframe: Annotated[
        str | None, typer.Option(help="Timeframes, e.g. 1m or 1m,1d. Default 1d.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="First date, YYYY-MM-DD.")] = None,
    end: Annotated[
        str | None, typer.Option(help="Date after the last one, YYYY-MM-DD. Default: up to now.")
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="bars, actions or assets. Default bars,actions.")
    ] = None,
    refetch: Annotated[
        bool, typer.Option("--refetch", help="Ask again for what was asked before.")
    ] = False,
    config: Annotated[
        Path | None, typer.Option(help="The provider's own YAML, e.g. for `files`.")
    ] = None,
) -> None:
    """Land what a provider has that is not landed yet. Exit code: 0 all, 3 partly, 1 nothing.

    Examples: `barhouse extract alpaca --symbols AAPL,MSFT --timeframe 1m --start 2024-01-01`,
    `barhouse extract yahoo --preset dow30 --start 2015-01-01`, `barhouse extract --all`.
    """
    given: dict[str, Any] = {
        "symbols": _list(symbols),
        "preset": preset,
        "timeframes": _list(timeframe),
        "start": start,
        "end": end,
        "datasets": _list(only),
        "refetch": refetch or None,
        "config": config.resolve() if config else None,
    }
    options = {name: value for name, value in given.items() if value is not None}
    if everything == (provider is not None):
        raise BarhouseError("Name one provider, or give --all for all of config/sources.yaml.")
    if everything:
        if options:
            raise BarhouseError(
                f"--all takes what config/sources.yaml says; --{next(iter(options))} goes with one "
                "provider only."
            )
        raise typer.Exit(_extract_all())
    raise typer.Exit(_extract_one(str(provider), options))


def coverage(
    symbol: Annotated[str, typer.Argument(help="Our spelling or a provider's, e.g. AAPL.")],
    timeframe: Annotated[str | None, typer.Argument(help="E.g. 1m; without it all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what was asked for a symbol, and what came: rows, nothing, or why not."""
    warehouse = ready_warehouse(load_settings())
    ranges = asked_ranges(warehouse.url("loader"), symbol, timeframe)
    if not ranges:
        raise BarhouseError(
            f"Nothing was asked for '{symbol[:64]}'"
            + (f" {timeframe[:20]}" if timeframe else "")
            + " yet; `barhouse extract PROVIDER --symbols ...` does."
        )
    if as_json:
        names = [field.name for field in fields(ranges[0])]
        listed(names, [astuple(asked) for asked in ranges])
        return
    result(
        [
            *("provider", "feed", "what", "from (UTC)", "to (UTC)", "outcome"),
            *("requests", "rows", "rejected", "asked last", "reason"),
        ],
        [
            (
                asked.provider,
                asked.feed,
                asked.timeframe or asked.dataset,
                _minute(asked.start_at),
                _minute(asked.end_at),
                asked.outcome,
                asked.request_count,
                asked.row_count,
                asked.reject_count,
                _minute(asked.requested_at),
                asked.reason,
            )
            for asked in ranges
        ],
    )


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def _list(text: str | None) -> list[str] | None:
    return [part.strip() for part in text.split(",") if part.strip()] if text else None


def _extract_one(provider: str, options: dict[str, Any]) -> int:
    settings = load_settings()
    start_logs(settings)
    load_provider(provider)
    warehouse = ready_warehouse(settings)
    with ExtractProgress(err, is_silent=is_json(settings)) as progress:
        report = extract_provider(
            provider,
            settings,
            warehouse,
            options,
            progress=progress.row_counter(provider),
            watch=progress.watcher(provider),
        )
    show_landing(report)
    return report.exit_code


def _extract_all() -> int:
    settings = load_settings()
    start_logs(settings)
    sources: list[SourceEntry] = load_sources(settings.project_dir / "config" / "sources.yaml")
    warehouse = ready_warehouse(settings)
    with ExtractProgress(err, is_silent=is_json(settings)) as progress:
        results = extract_sources(
            sources, settings, warehouse, progress.row_counter, progress.watcher
        )
    for each in results:
        if each.report is not None:
            show_landing(each.report)
        else:
            err.print(f"{each.entry.provider}: {each.error}", style="red", markup=False)
    _show_totals(results)
    codes = {each.exit_code for each in results}
    return 0 if codes == {0} else 1 if codes == {1} else 3


def show_landing(report: LandingReport) -> None:
    """Print what one provider landed, and what failed.

    Args:
        report: What it landed.
    """
    if not report.outcomes:
        out.print(f"{report.provider}: nothing new")
        return
    if any(outcome.dataset for outcome in report.outcomes):
        _show_by_symbol(report)
    else:
        table(
            f"{report.provider}: landed",
            ["source", "outcome", "rows", "rejected", "reason"],
            [(o.source, o.outcome, o.row_count, o.reject_count, o.reason) for o in report.outcomes],
        )
    rejected = sum(outcome.reject_count for outcome in report.outcomes)
    if rejected:
        err.print(
            f"{rejected:,} records could not be read; see them after the next build: "
            'barhouse sql "select source, source_row, column_name, reason from ops.ops_rejects"'
        )
    if report.error:
        err.print(f"error: {report.error}", style="red", markup=False)


def _show_by_symbol(report: LandingReport) -> None:
    groups: dict[tuple[str, str], list[RequestOutcome]] = defaultdict(list)
    for outcome in report.outcomes:
        what = outcome.timeframe or outcome.dataset or ""
        groups[outcome.symbol or outcome.source, what].append(outcome)
    rows = [(*subject, *_counts(group)) for subject, group in groups.items()]
    # What failed must be seen, however much there is.
    rows.sort(key=lambda row: row[5] == 0)
    columns = ["symbol", "what", "requests", "rows", "empty", "failed", "rejected"]
    table(f"{report.provider}: landed", columns, rows[:_SHOWN_LINES])
    if len(rows) > _SHOWN_LINES:
        out.print(f"and {len(rows) - _SHOWN_LINES:,} more lines like these")
    _show_reasons(report)
    retries = sum(outcome.retry_count or 0 for outcome in report.outcomes)
    waited = sum(float(outcome.wait_seconds or 0) for outcome in report.outcomes)
    out.print(
        f"{report.provider}: {report.row_counts['raw_bars']:,} bars from "
        f"{len(report.outcomes):,} requests, {len(report.failed):,} failed, {retries:,} retries, "
        f"{waited:,.0f} s waited for them"
    )


def _counts(group: Sequence[RequestOutcome]) -> tuple[int, int, int, int, int]:
    return (
        len(group),
        sum(outcome.row_count for outcome in group),
        sum(outcome.outcome == "empty" for outcome in group),
        sum(outcome.is_failure for outcome in group),
        sum(outcome.reject_count for outcome in group),
    )


def _show_reasons(report: LandingReport) -> None:
    sources: dict[str, list[str]] = defaultdict(list)
    for outcome in report.failed:
        sources[str(outcome.reason)].append(outcome.source)
    for reason, failed in list(sources.items())[:_SHOWN_LINES]:
        more = f" and {len(failed) - 1:,} more" if len(failed) > 1 else ""
        err.print(f"failed: {failed[0]}{more}: {reason}", markup=False)


def _show_totals(results: Sequence[SourceResult]) -> None:
    rows = []
    for each in results:
        outcomes = each.report.outcomes if each.report else []
        rows.append(
            (
                each.entry.provider,
                len(outcomes),
                sum(outcome.row_count for outcome in outcomes),
                sum(outcome.is_failure for outcome in outcomes),
                sum(outcome.retry_count or 0 for outcome in outcomes),
                round(sum(float(outcome.wait_seconds or 0) for outcome in outcomes)),
                f"{each.seconds:.0f}",
                {0: "all", 3: "partly", 1: "nothing"}[each.exit_code],
            )
        )
    columns = ["source", "requests", "rows", "failed", "retries", "waited s", "took s", "done"]
    table("all sources", columns, rows)
