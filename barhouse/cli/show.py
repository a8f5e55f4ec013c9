"""``barhouse show``: bars as candles."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any

import typer

from barhouse.api import DataAPI
from barhouse.api.choices import Adjusted
from barhouse.cli.candles import Candle, drawn, fitting
from barhouse.cli.console import err, out
from barhouse.errors import BarhouseError
from barhouse.opening import ready_warehouse
from extract.settings import load_settings

_HEIGHT = 18
_MOST = 10_000


def show(
    symbol: Annotated[str, typer.Argument(help="Our spelling, e.g. AAPL.")],
    timeframe: Annotated[str, typer.Option(help="E.g. 1m, 65m, 4h, 1d, 1w.")] = "1d",
    last: Annotated[int, typer.Option(help="How many bars, the newest ones.")] = 60,
    end: Annotated[
        str | None, typer.Option(metavar="DATE", help="The last of them. Default: the newest.")
    ] = None,
    adjusted: Annotated[str, typer.Option(help="raw, split or total_return.")] = "split",
    as_json: Annotated[bool, typer.Option("--json", help="The bars, one JSON array.")] = False,
) -> None:
    """Show the newest bars of a symbol as candles."""
    if not 1 <= last <= _MOST:
        raise BarhouseError(f"--last is {last}; expected 1 to {_MOST}.")
    settings = load_settings()
    ready_warehouse(settings)
    kind: Adjusted = adjusted  # type: ignore[assignment]
    with DataAPI(settings=settings, cache_bytes=0) as api:
        bars = api.last_bars(symbol, last, end, timeframe, adjusted=kind)
    rows: list[dict[str, Any]] = [
        {"time": time, **{str(name): _known(value) for name, value in row.items()}}
        for time, row in zip(_labels(bars, timeframe), bars.to_dict("records"), strict=True)
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    elif rows:
        _draw(symbol, timeframe, adjusted, rows)
    else:
        err.print(
            f"{symbol} has no bars of {timeframe}{f' up to {end}' if end else ''}; "
            f"`barhouse coverage` shows what there is.",
            markup=False,
        )


def _draw(symbol: str, timeframe: str, adjusted: str, rows: list[dict[str, Any]]) -> None:
    count = fitting(out.width)
    if len(rows) > count:
        err.print(f"the newest {count} of {len(rows)} bars fit into this terminal", style="dim")
        rows = rows[-count:]
    candles = [
        Candle(
            str(row["time"]), row["open"], row["high"], row["low"], row["close"],
            row["volume"] or 0.0,
        )
        for row in rows
    ]  # fmt: skip
    newest = candles[-1]
    change = newest.close / candles[-2].close - 1 if len(candles) > 1 else 0.0
    out.print(
        f"{symbol}  {timeframe}  {adjusted}   {newest.label}   close {newest.close:.8g}"
        f"   {change:+.2%}",
        style="bold",
        markup=False,
    )
    for line in drawn(candles, _HEIGHT):
        out.print(line)


def _labels(bars: Any, timeframe: str) -> list[str]:
    is_intraday = timeframe.endswith(("m", "h"))
    return [f"{time:%Y-%m-%d %H:%M}" if is_intraday else f"{time:%Y-%m-%d}" for time in bars.index]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
