"""A made-up Polygon: aggregates, splits, dividends and tickers, as the REST API writes them.

It answers for every ticker but the unknown ones. As the real one it counts ``limit`` in minutes for
everything below a day, says nothing but its count when there are no aggregates, names its own host
in ``next_url``, and forgets ``adjusted=false`` on the next page unless it is told again.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from market_kit import EPOCH, MadeBar
from polygon_records import (
    LISTED,
    NEW_YORK,
    aggregate_of,
    is_possible,
    made_dividends,
    made_splits,
    market_bars,
    ticker_of,
)
from wire_kit import Answer, Request, Weather, WireServer

HOST = "https://api.polygon.io"
STEPS = {"minute": 60, "hour": 3600, "day": 86400}
MOST_BASE, MOST_RECORDS = 50_000, 1_000
PRICING = "https://polygon.io/pricing"


def error(status: int, said: str, **more: str) -> Answer:
    """An error as Polygon writes it."""
    return Answer({"status": said, "request_id": "r1", **more}, status)


UNKNOWN_KEY = error(401, "ERROR", error="Unknown API Key")
TOO_MANY = error(
    429,
    "ERROR",
    error="You've exceeded the maximum requests per minute, please wait or upgrade your "
    f"subscription to continue. {PRICING}",
)
NOT_IN_PLAN = error(
    403,
    "NOT_AUTHORIZED",
    message=f"Your plan doesn't include this data timeframe. Please upgrade your plan at {PRICING}",
)
#: The envelope of an error with the status of a success.
ENVELOPE = error(200, "ERROR", error="something went wrong")


@dataclass
class PolygonMarket:
    """The handler of a made-up Polygon; it knows every ticker that may exist, but the unknown ones.

    Attributes:
        keys: What it accepts.
        listed: Its ticker list; tickers that are not in it are known by name all the same.
        unknown: Tickers it does not know, though they might exist.
        without_trades: Tickers it knows that never traded.
        splits: Reported for every ticker that they name; made up for each when ``None``.
        dividends: See ``splits``.
        most_base: Base aggregates of one page at most, whatever is asked for.
        most_records: Records of one page at most.
        plan_starts_at: What lies before is not in the plan, in milliseconds.
        status: ``OK``, or ``DELAYED`` for a delayed plan.
        headers: Sent with every answer.
    """

    keys: Collection[str] = ("GOODKEY",)
    listed: Sequence[dict[str, Any]] = LISTED
    unknown: Collection[str] = ("NOPE", "X:NOPEUSD", "C:NOPEUSD")
    without_trades: Collection[str] = ()
    splits: Sequence[dict[str, Any]] | None = None
    dividends: Sequence[dict[str, Any]] | None = None
    most_base: int = MOST_BASE
    most_records: int = MOST_RECORDS
    plan_starts_at: int | None = None
    status: str = "OK"
    headers: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, request: Request) -> Answer:
        answer = self._answer(request)
        return Answer(answer.body, answer.status, {**self.headers, **answer.headers})

    def _answer(self, request: Request) -> Answer:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or key not in self.keys:
            return UNKNOWN_KEY
        query = dict(request.query)
        cursor = query.pop("cursor", None)
        if cursor is not None:
            query = {**_decoded(cursor), **query}
        match [unquote(part) for part in request.path.split("/")[1:]]:
            case ["v2", "aggs", "ticker", _, "range", *_]:
                return self._aggregates(request.path, query)
            case ["v3", "reference", "splits"]:
                return self._listed(request.path, query, self._splits(query), "execution_date")
            case ["v3", "reference", "dividends"]:
                rows = self._dividends(query)
                return self._listed(request.path, query, rows, "ex_dividend_date")
            case ["v3", "reference", "tickers"]:
                return self._listed(request.path, query, self._tickers(query), None)
        return error(404, "NOT_FOUND", message="Page not found.")

    def _aggregates(self, path: str, query: Mapping[str, str]) -> Answer:
        *_, ticker, _, multiplier, timespan, start, end = unquote(path).split("/")
        step = timedelta(seconds=int(multiplier) * STEPS[timespan])
        first, last = _milliseconds(ticker, start, 0), _milliseconds(ticker, end, 1)
        if last < first:
            return error(400, "ERROR", error="The parameter 'to' cannot be a time before 'from'")
        if self.plan_starts_at is not None and first < self.plan_starts_at:
            return NOT_IN_PLAN
        bars = self._bars(ticker, step, first, last)
        if query.get("sort") == "desc":
            bars.reverse()
        limit = min(int(query.get("limit", 5000)), self.most_base)
        size = limit if step.days else max(1, limit // (int(step.total_seconds()) // 60))
        is_adjusted = query.get("adjusted", "true") == "true"
        factor = 2 if is_adjusted and ":" not in ticker else 1
        page = [
            aggregate_of(bar, is_crypto=ticker.startswith("X:"), factor=factor)
            for bar in bars[:size]
        ]
        body = {
            "ticker": ticker,
            "queryCount": len(page),
            "resultsCount": len(page),
            "adjusted": is_adjusted,
            "results": page,
            "status": self.status,
            "request_id": "r1",
            "count": len(page),
        }
        if not page:
            del body["results"]
        if len(bars) > size:
            head, _, _ = path.rsplit("/", 2)
            cursor = _encoded({"limit": str(limit), "sort": query.get("sort", "asc")})
            body["next_url"] = f"{HOST}{head}/{bars[size].epoch * 1000}/{end}?cursor={cursor}"
        return Answer(body)

    def _bars(self, ticker: str, step: timedelta, first: int, last: int) -> list[MadeBar]:
        if not self._knows(ticker) or ticker in self.without_trades:
            return []
        # It goes back to where the bar of the first instant begins.
        if not step.days:
            first -= first % (int(step.total_seconds()) * 1000)
        return list(market_bars(ticker, step, _instant(first), _instant(last + 1)))

    def _listed(
        self, path: str, query: dict[str, str], rows: Sequence[dict[str, Any]], day: str | None
    ) -> Answer:
        limit, offset = int(query.get("limit", 10)), int(query.pop("ap", 0))
        if limit > MOST_RECORDS:
            return error(400, "ERROR", error="'limit' must be at most 1000")
        for name in ("ticker", "market"):
            if name in query:
                rows = [row for row in rows if row.get(name, query[name]) == query[name]]
        if day:
            first, last = query.get(f"{day}.gte", ""), query.get(f"{day}.lte", "9999")
            rows = [row for row in rows if first <= row[day] <= last]
        size = min(limit, self.most_records)
        body = {"results": rows[offset : offset + size], "status": "OK", "request_id": "r1"}
        if len(rows) > offset + size:
            held = {**query, "ap": str(offset + size)}
            body["next_url"] = f"{HOST}{path}?cursor={_encoded(held)}"
        return Answer(body)

    def _knows(self, ticker: str) -> bool:
        return ticker not in self.unknown and is_possible(ticker)

    def _splits(self, query: Mapping[str, str]) -> Sequence[dict[str, Any]]:
        return self._actions(query, self.splits, made_splits)

    def _dividends(self, query: Mapping[str, str]) -> Sequence[dict[str, Any]]:
        return self._actions(query, self.dividends, made_dividends)

    def _actions(
        self, query: Mapping[str, str], given: Sequence[dict[str, Any]] | None, made: Any
    ) -> Sequence[dict[str, Any]]:
        ticker = query.get("ticker", "AAPL")
        if not self._knows(ticker) or ":" in ticker:
            return []
        return made(ticker) if given is None else given

    def _tickers(self, query: Mapping[str, str]) -> Sequence[dict[str, Any]]:
        rows = list(self.listed)
        ticker = query.get("ticker")
        if ticker and self._knows(ticker) and all(row["ticker"] != ticker for row in rows):
            rows.append(ticker_of(ticker))
        is_active = query.get("active", "true") == "true"
        return sorted((r for r in rows if r["active"] == is_active), key=lambda r: r["ticker"])


def start(
    market: PolygonMarket | None = None,
    tls: tuple[Path, Path] | None = None,
    weather: Weather | None = None,
) -> WireServer:
    """Start a made-up Polygon; its ``url`` is the provider's ``base_url``, GOODKEY its key."""
    return WireServer(market or PolygonMarket(), tls=tls, weather=weather)


def _instant(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


def _milliseconds(ticker: str, text: str, days: int) -> int:
    # A date means all of it, where the ticker trades.
    if text.isdecimal():
        return int(text)
    zone = UTC if ":" in ticker else NEW_YORK
    midnight = datetime.combine(date.fromisoformat(text) + timedelta(days=days), time(), zone)
    return int(midnight.timestamp() * 1000) - days


def _encoded(held: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(urlencode(held).encode()).decode().rstrip("=")


def _decoded(cursor: str) -> dict[str, str]:
    return dict(parse_qsl(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()))
