"""``barhouse quality``: days held back, and what to do with them."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from barhouse import quarantine
from barhouse.cli.console import out, result
from barhouse.instruments import day_of
from barhouse.opening import ready_warehouse
from extract.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Days held back: list, release, reject.")

Symbol = Annotated[str, typer.Argument(help="Our spelling, e.g. AAPL.")]
Day = Annotated[str, typer.Argument(metavar="DATE", help="Session day, YYYY-MM-DD.")]
Timeframe = Annotated[
    str | None, typer.Option(help="E.g. 1m; needed where several timeframes are held back.")
]
Reason = Annotated[str, typer.Option(help="Why; it stays on record.")]


@app.command("list")
def list_days(
    state: Annotated[
        str | None, typer.Option(help=f"Only {', '.join(quarantine.STATES)}. Default: all.")
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="Only this symbol.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, with the evidence.")] = False,
) -> None:
    """List the days that are or were held back, and why."""
    rows = quarantine.listed_days(ready_warehouse(load_settings()), state, symbol)
    if as_json:
        typer.echo(json.dumps(rows, default=str, indent=2))
        return
    if not rows:
        out.print("no day is in quarantine" + (f" as {state}" if state else ""))
        return
    result(
        ["symbol", "timeframe", "session", "state", "breaks", "bars", "of", "providers", "since"],
        [
            (
                row["symbol"],
                row["timeframe"],
                row["session_date"],
                row["state"]
                + (f", {row['waiting_decision']} waits" if row["waiting_decision"] else ""),
                row["rules"],
                row["violation_count"],
                row["bar_count"],
                row["providers"],
                f"{row['first_seen_at']:%Y-%m-%d %H:%M}",
            )
            for row in rows
        ],
    )


@app.command()
def release(symbol: Symbol, date: Day, reason: Reason, timeframe: Timeframe = None) -> None:
    """Publish a day held back as it was judged; the next build does it."""
    warehouse = ready_warehouse(load_settings())
    told = quarantine.decide(
        warehouse, "release", symbol, day_of(date), reason, timeframe=timeframe
    )
    out.print(told)


@app.command()
def reject(
    symbol: Symbol,
    date: Day,
    reason: Reason,
    timeframe: Timeframe = None,
    provider: Annotated[
        str | None, typer.Option(help="Whose bars. Default: those that break a rule.")
    ] = None,
) -> None:
    """Leave the bars of a day that landed so far out of the choice; the next build does it."""
    warehouse = ready_warehouse(load_settings())
    told = quarantine.decide(
        warehouse,
        "reject",
        symbol,
        day_of(date),
        reason,
        timeframe=timeframe,
        provider=provider,
    )
    out.print(told)
