"""Alpaca on 127.0.0.1: bars, corporate actions and assets as its two hosts answer them.

Both hosts are one server here: give its URL as ``base_url`` and as ``trading_base_url``.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from market_kit import MadeBar, made_bar, made_bars
from wire_kit import Answer, Request, WireServer

KEY, SECRET = "PKTESTTESTTEST", "s3cr3t/s3cr3t+s3cr3t"
NEW_YORK = ZoneInfo("America/New_York")
STEPS = {
    "1Min": timedelta(minutes=1),
    "5Min": timedelta(minutes=5),
    "15Min": timedelta(minutes=15),
    "30Min": timedelta(minutes=30),
    "1Hour": timedelta(hours=1),
    "1Day": timedelta(days=1),
}
NOT_THERE = Answer({"message": "endpoint not found."}, 404)
NO_RECENT = {"message": "subscription does not permit querying recent SIP data"}
#: Group of an answer by the type that is asked for.
GROUPS = {
    "forward_split": "forward_splits",
    "reverse_split": "reverse_splits",
    "unit_split": "unit_splits",
    "stock_dividend": "stock_dividends",
    "cash_dividend": "cash_dividends",
    "spin_off": "spin_offs",
}


def asset(symbol: str, exchange: str = "NASDAQ", status: str = "active") -> dict[str, Any]:
    """An asset as the trading host writes it."""
    return {
        "id": "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
        "class": "crypto" if "/" in symbol else "us_equity",
        "exchange": "CRYPTO" if "/" in symbol else exchange,
        "symbol": symbol,
        "name": f"{symbol} Common Stock",
        "status": status,
        "tradable": status == "active",
        "marginable": True,
        "shortable": True,
        "easy_to_borrow": True,
        "fractionable": True,
        "attributes": ["fractional_eh_enabled"],
    }


ASSETS = (
    asset("AAPL"),
    asset("BRK.B", "NYSE"),
    asset("SPY", "ARCA"),
    asset("ETHE", "NYSEARCA"),
    asset("IMO", "AMEX"),
    asset("CBOE", "BATS"),
    asset("NSRGY", "OTC"),
    asset("OLDIE", "", "inactive"),
    asset("AAPL", "NYSE", "inactive"),
    asset("BTC/USD"),
    asset("ETH/BTC"),
    asset("LUNA/USD", status="inactive"),
)


def split(symbol: str, ex_date: str, new_rate: float, old_rate: float) -> dict[str, Any]:
    """A forward or reverse split; it is processed on its ex-date."""
    return {
        "id": f"split-{symbol}-{ex_date}",
        "symbol": symbol,
        "cusip": "67066G104",
        "new_rate": new_rate,
        "old_rate": old_rate,
        "process_date": ex_date,
        "ex_date": ex_date,
    }


def dividend(symbol: str, ex_date: str, rate: float, paid_on: str) -> dict[str, Any]:
    """A cash or stock dividend; it is processed on the day it is paid."""
    return {
        "id": f"dividend-{symbol}-{ex_date}",
        "symbol": symbol,
        "cusip": "67066G104",
        "rate": rate,
        "special": False,
        "foreign": False,
        "process_date": paid_on,
        "ex_date": ex_date,
        "record_date": ex_date,
        "payable_date": paid_on,
    }


ACTIONS = {
    "NVDA": {
        "forward_splits": [split("NVDA", "2024-06-10", 10, 1)],
        "cash_dividends": [dividend("NVDA", "2024-06-11", 0.01, "2024-06-28")],
    }
}


@dataclass
class Alpaca:
    """What the server knows; a test may change it at any time.

    Attributes:
        is_free: Whether the key's plan ends 15 minutes ago.
        page_size: No page is longer, whatever is asked for.
        unknown: Symbols that have no bars and are no assets; all others are both.
        idle: Symbols that are assets and have no bars.
        actions: By symbol and group.
        assets: The list of symbols.
        clock: Says what time it is.
        keeps: Answers of bars by their target, to be sent again: for runs that measure.
    """

    is_free: bool = False
    page_size: int = 10_000
    unknown: set[str] = field(default_factory=lambda: {"NOPE", "NO/PE"})
    idle: set[str] = field(default_factory=lambda: {"IDLE"})
    actions: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]] = field(
        default_factory=lambda: ACTIONS
    )
    assets: Sequence[Mapping[str, Any]] = ASSETS
    clock: Any = field(default=lambda: datetime.now(UTC))
    keeps: dict[str, bytes] | None = None

    def __call__(self, request: Request) -> Answer:
        """Answer one request of either host."""
        headers = {name.upper(): value for name, value in request.headers.items()}
        is_known = (headers.get("APCA-API-KEY-ID"), headers.get("APCA-API-SECRET-KEY")) == (
            KEY,
            SECRET,
        )
        if request.path.startswith("/v2/assets"):
            refused = {"code": 40110000, "message": "request is not authorized"}
            return self._assets(request) if is_known else Answer(refused, 401)
        if not is_known:
            return Answer({"message": "unauthorized."}, 401)
        if request.path == "/v1/corporate-actions":
            return self._actions(request, rate_headers(199))
        if request.path in ("/v2/stocks/bars", "/v1beta3/crypto/us/bars"):
            is_crypto = "crypto" in request.path
            return self._kept(request, rate_headers(199), is_crypto=is_crypto)
        return NOT_THERE

    def _kept(self, request: Request, limits: Mapping[str, str], *, is_crypto: bool) -> Answer:
        if self.keeps is None:
            return self._bars(request, limits, is_crypto=is_crypto)
        if request.target not in self.keeps:
            answer = self._bars(request, limits, is_crypto=is_crypto)
            if answer.status != 200:
                return answer
            self.keeps[request.target] = json.dumps(answer.body).encode()
        return Answer(self.keeps[request.target], headers=limits)

    def _bars(self, request: Request, limits: Mapping[str, str], *, is_crypto: bool) -> Answer:
        query = request.query
        step = STEPS.get(query.get("timeframe", ""))
        if step is None:
            return _invalid(f"invalid timeframe: {query.get('timeframe')}", limits)
        if query.get("feed", "sip") not in ("sip", "iex", "otc", "boats"):
            return _invalid(f"invalid feed: {query['feed']}", limits)
        latest = self.clock() - timedelta(minutes=15 if self.is_free else 0)
        start_at = datetime.fromisoformat(query["start"])
        end_at = datetime.fromisoformat(query["end"]) if "end" in query else latest
        if end_at < start_at:
            return Answer({"message": "end should not be before start"}, 422, limits)
        if self.is_free and not is_crypto and query.get("feed") == "sip" and end_at > latest:
            return Answer(NO_RECENT, 403, limits)
        symbols = query["symbols"].split(",")
        if any(not symbol or ("/" in symbol) != is_crypto for symbol in symbols):
            return Answer({"message": f"invalid symbol: {query['symbols']}"}, 422, limits)
        size = min(int(query.get("limit", 1000)), self.page_size)
        after = _read_token(query["page_token"]) if "page_token" in query else None
        found = list(islice(self._stream(symbols, start_at, end_at, step, after), size + 1))
        bars: dict[str, list[Any]] = {}
        for symbol, bar in found[:size]:
            bars.setdefault(symbol, []).append(_written(bar, is_crypto=is_crypto))
        token = _token(*found[size - 1]) if len(found) > size else None
        return Answer({"bars": bars, "next_page_token": token}, headers=limits)

    # Symbol first, then time, as Alpaca orders them; ``end_at`` is inclusive.
    def _stream(
        self,
        symbols: Sequence[str],
        start_at: datetime,
        end_at: datetime,
        step: timedelta,
        after: tuple[str, datetime] | None,
    ) -> Iterator[tuple[str, MadeBar]]:
        for symbol in sorted(symbols):
            if symbol in self.unknown | self.idle or (after and symbol < after[0]):
                continue
            first = after[1] + timedelta(seconds=1) if after and symbol == after[0] else start_at
            last = min(end_at, self.clock()) + timedelta(seconds=1)
            for bar in _market(symbol, first, last, step):
                yield symbol, bar

    def _actions(self, request: Request, limits: Mapping[str, str]) -> Answer:
        query = request.query
        groups = {GROUPS[kind] for kind in query.get("types", ",".join(GROUPS)).split(",")}
        today = self.clock().date().isoformat()
        first, last = query.get("start", today), query.get("end", today)
        found = [
            (row["process_date"], group, row)
            for symbol in query["symbols"].split(",")
            for group, rows in self.actions.get(symbol, {}).items()
            for row in rows
            if group in groups and first <= row["process_date"] <= last
        ]
        found.sort(key=lambda item: item[0])
        size = min(int(query.get("limit", 100)), self.page_size)
        skip = int(base64.b64decode(query["page_token"])) if "page_token" in query else 0
        content: dict[str, list[Any]] = {}
        for _day, group, row in found[skip : skip + size]:
            content.setdefault(group, []).append(row)
        rest = len(found) > skip + size
        token = base64.b64encode(str(skip + size).encode()).decode() if rest else None
        return Answer({"corporate_actions": content, "next_page_token": token}, headers=limits)

    def _assets(self, request: Request) -> Answer:
        if request.path == "/v2/assets":
            wanted = {
                "class": request.query.get("asset_class", "us_equity"),
                "status": request.query.get("status"),
            }
            return Answer(
                [
                    row
                    for row in self.assets
                    if all(value in (None, row[name]) for name, value in wanted.items())
                ]
            )
        name = request.path.removeprefix("/v2/assets/")
        if "/" in name:
            return NOT_THERE
        symbol = unquote(name)
        if symbol in self.unknown:
            return Answer({"code": 40410000, "message": f"asset not found for {symbol}"}, 404)
        # Pairs are found by their old names without a slash, too.
        symbol = {"BTCUSD": "BTC/USD"}.get(symbol, symbol)
        return Answer(next((row for row in self.assets if row["symbol"] == symbol), asset(symbol)))


def start(market: Alpaca | None = None, **options: Any) -> WireServer:
    """Start a server; ``options`` are those of ``WireServer``; close it when done."""
    return WireServer(market or Alpaca(), **options)


def rate_headers(remaining: int, seconds: int = 30) -> dict[str, str]:
    """The rate-limit headers of an answer: requests left, and seconds until there are new ones."""
    return {
        "X-RateLimit-Limit": "200",
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(int(time.time()) + seconds),
    }


def _market(
    symbol: str, start_at: datetime, end_at: datetime, step: timedelta
) -> Iterator[MadeBar]:
    if "/" in symbol:
        yield from made_bars(symbol, start_at, end_at, step)
        return
    day = start_at.astimezone(NEW_YORK).date()
    while (midnight := _new_york(day, 0)) < end_at:
        if day.weekday() < 5 and step < timedelta(days=1):
            opens, closes = _new_york(day, 4), _new_york(day, 20)
            yield from made_bars(symbol, max(start_at, opens), min(end_at, closes), step)
        elif day.weekday() < 5 and midnight >= start_at:
            yield made_bar(symbol, midnight)
        day += timedelta(days=1)


def _new_york(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=NEW_YORK).astimezone(UTC)


def _written(bar: MadeBar, *, is_crypto: bool) -> dict[str, Any]:
    return {
        "t": f"{bar.start_at:%Y-%m-%dT%H:%M:%SZ}",
        "o": bar.open,
        "h": bar.high,
        "l": bar.low,
        "c": bar.close,
        "v": bar.volume / 100_000_000 if is_crypto else bar.volume,
        "n": bar.trade_count,
        "vw": bar.vwap,
    }


def _invalid(message: str, limits: Mapping[str, str]) -> Answer:
    return Answer({"message": message}, 400, limits)


def _token(symbol: str, bar: MadeBar) -> str:
    return base64.b64encode(f"{symbol}|M|{bar.start_at:%Y-%m-%dT%H:%M:%SZ}".encode()).decode()


def _read_token(token: str) -> tuple[str, datetime]:
    symbol, _kind, text = base64.b64decode(token).decode().split("|")
    return symbol, datetime.fromisoformat(text)
