"""``barhouse explain``: what stands behind the bars of a day."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable
from datetime import time
from typing import Annotated

import typer

from barhouse.cli.console import out, result, text_of
from barhouse.errors import BarhouseError
from barhouse.explain import TIMEFRAMES, Explanation, Row
from barhouse.explain import explain as explain_day
from barhouse.instruments import day_of
from barhouse.opening import ready_warehouse
from extract.settings import load_settings

_SINGLE_ROWS = 12
_SOURCE_COLUMNS = (
    *("timeframe", "verdict", "bars", "provider", "priority", "load", "request"),
    *("asked", "of", "fetched at", "rows"),
)
_ACTION_COLUMNS = (
    *("ex-date", "action", "value", "agreement", "factor", "previous close"),
    *("provider", "load", "held back"),
)


def explain(
    symbol: Annotated[str, typer.Argument(help="Our spelling, e.g. AAPL.")],
    date: Annotated[str, typer.Argument(metavar="DATE", help="Session day, YYYY-MM-DD.")],
    timeframe: Annotated[
        str | None, typer.Option(help=f"Only bars that landed as {', '.join(TIMEFRAMES)}.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="HH:MM", help="Only the bar that starts then, exchange time."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, every row of it.")] = False,
) -> None:
    """Show every row, rule, factor and test behind the bars of a day."""
    found = explain_day(
        ready_warehouse(load_settings()),
        symbol,
        day_of(date),
        timeframe=timeframe,
        at=_clock(at) if at else None,
    )
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found), default=str, indent=2))
        return
    _head(found)
    _published(found)
    _landed(found.landed)
    _rules(found)
    _changes(found.restatements)
    _factors(found)
    _tests(found)


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise BarhouseError(f"'{text[:20]}' is no time of day; expected HH:MM.") from error


def _title(text: str) -> None:
    out.print(f"\n[bold]{text}[/bold]")


def _head(found: Explanation) -> None:
    instrument, session = found.instrument, found.session
    out.print(
        f"{instrument.symbol}  {instrument.asset_class} on {instrument.exchange}, "
        f"{instrument.currency}, instrument {instrument.instrument_id}"
    )
    if not session["is_session"]:
        out.print(f"{found.session_date:%A %Y-%m-%d} is no session of {instrument.exchange}.")
        return
    minutes = (session["close_at"] - session["open_at"]).total_seconds() / 60
    early = ", closes early" if session["is_early_close"] else ""
    out.print(
        f"{found.session_date:%A %Y-%m-%d}  {session['open_at']:%Y-%m-%d %H:%M} to "
        f"{session['close_at']:%Y-%m-%d %H:%M} UTC, {minutes:.0f} minutes{early} "
        f"(calendar {session['calendar_version']})"
    )


def _published(found: Explanation) -> None:
    _title("Published in marts")
    for row in found.archived:
        out.print(
            f"{row['bar_count']} bars of {row['timeframe']} are in the lake alone since "
            f"{row['archived_at']:%Y-%m-%d}; what was reported for them is 'archived', whatever "
            "became of it"
        )
    if found.day is None:
        out.print("no daily bar")
        return
    day = found.day
    how = f"{day['provider']}'s day" if day["built_from"] == "provider" else "built from minutes"
    out.print(f"{how}, {'final' if day['is_final'] else 'not final yet'}")
    rows: list[tuple[str, Row]] = [("bars_1d", day)]
    if found.adjusted is not None:
        rows.append(("bars_1d_adjusted", found.adjusted))
    figures = ["open", "high", "low", "close", "volume"]
    result(["mart", *figures], [(name, *(row[figure] for figure in figures)) for name, row in rows])


def _landed(landed: list[Row]) -> None:
    _title("Reported")
    if not landed:
        out.print("no bar landed for it")
        return
    if len(landed) <= _SINGLE_ROWS:
        columns = ["timeframe", "bar_start_at", "verdict", "provider", "open", "high", "low"]
        columns += ["close", "volume", "price_basis", "restated_ratio"]
        result(columns, [[row[name] for name in columns] for row in landed])
    _sources(landed)


# Minutes come by the hundred: what has one origin and one verdict is one line.
def _sources(landed: list[Row]) -> None:
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in landed:
        key = (row["timeframe"], row["verdict"], row["provider"], row["load_id"], row["request_id"])
        groups.setdefault(key, []).append(row)
    result(
        _SOURCE_COLUMNS,
        [
            (
                timeframe,
                verdict,
                len(rows),
                provider,
                rows[0]["provider_priority"],
                load,
                request,
                rows[0]["source"],
                rows[0]["provider_symbol"],
                f"{rows[0]['fetched_at']:%Y-%m-%d %H:%M:%S}",
                _span(row["source_row"] for row in rows),
            )
            for (timeframe, verdict, provider, load, request), rows in groups.items()
        ],
    )


def _span(numbers: Iterable[int | None]) -> str:
    known = [number for number in numbers if number is not None]
    if not known:
        return ""
    first, last = min(known), max(known)
    return str(first) if first == last else f"{first} to {last}"


def _rules(found: Explanation) -> None:
    if not found.landed and not found.held:
        return
    _title("Rules")
    hard = [rule["rule"] for rule in found.rules if rule["severity"] == "hard"]
    if not found.held:
        out.print(f"no bar of the day breaks a hard rule ({', '.join(hard)})")
    for row in found.held:
        out.print(f"{row['timeframe']} {row['state']}: {row['reason']}", markup=False)
    for row in found.outliers:
        where = f" at {row['bar_start_at']:%H:%M} UTC" if row["bar_start_at"] else ""
        out.print(
            f"{row['timeframe']} {row['rule']}{where}: {row['seen_value']:.6g}, "
            f"usually {row['usual_value']:.6g}"
        )
    if not found.outliers:
        out.print("no soft rule is broken")


def _changes(restatements: list[Row]) -> None:
    if not restatements:
        return
    _title("Changed after it was published")
    columns = ["timeframe", "bar_start_at", "kind", "revised_at", "provider_before"]
    columns += ["provider_after", "load_id_before", "load_id_after", "close_before", "close_after"]
    shown = restatements[-_SINGLE_ROWS:]
    result(columns, [[row[name] for name in columns] for row in shown])
    if len(restatements) > len(shown):
        out.print(f"the newest {len(shown)} of {len(restatements)}; --json gives all", style="dim")


def _factors(found: Explanation) -> None:
    _title("Factors")
    if found.adjusted is None:
        out.print("none: there is no daily bar to adjust")
        return
    out.print(
        f"split factor {text_of(found.adjusted['split_factor'])}, "
        f"dividend factor {text_of(found.adjusted['dividend_factor'])}"
    )
    if not found.actions:
        out.print("no split or dividend has a later ex-date")
        return
    result(
        _ACTION_COLUMNS,
        [
            (
                row["ex_date"],
                row["action_type"],
                row["split_ratio"] if row["split_ratio"] is not None else row["dividend_amount"],
                row["agreement"],
                f"{row['factor']:.12g}" if row["factor"] is not None else "",
                row["previous_close"],
                row["provider"],
                row["load_id"],
                row["held_back_reason"],
            )
            for row in found.actions[:_SINGLE_ROWS]
        ],
    )
    if len(found.actions) > _SINGLE_ROWS:
        out.print(
            f"the first {_SINGLE_ROWS} of {len(found.actions)}; --json gives all", style="dim"
        )


def _tests(found: Explanation) -> None:
    if not found.landed:
        return
    tests = found.tests
    _title("Tests")
    if not tests:
        out.print("none has run yet; run `barhouse build`")
        return
    counts = Counter(test["status"] for test in tests)
    newest = max(test["run_at"] for test in tests)
    out.print(
        ", ".join(f"{count} {status}" for status, count in counts.items())
        + f"; newest run {newest:%Y-%m-%d %H:%M} UTC"
    )
    result(
        ["status", "test", "of", "last failed"],
        [
            (test["status"], test["test_name"], test["models"], test["last_failed_at"])
            for test in tests
        ],
    )
