"""A made-up Yahoo behind a proxy of its own: yfinance keeps its real https addresses.

It knows every symbol but those that begin with NOPE, hands out cookies and crumbs and wants them
back, keeps Yahoo's limits on ranges, and writes prices as 32-bit floats with 64 bits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from market_kit import MadeBar
from tls_kit import make_certificates
from wire_kit import Answer, Failure, Request, WireServer
from yahoo_market import Instrument, adjusted_close, instrument, our_symbol, session_bars, single

CHARTS = "/v8/finance/chart/"
#: Days back from now, and days in one request.
LIMITS = {"1m": (30, 8), "5m": (60, 60), "15m": (60, 60), "1h": (730, 730)}
#: Names of the certificate.
HOSTS = ["*.yahoo.com", "*.finance.yahoo.com"]
COOKIE = "A3=d=made-up; Max-Age=31557600; Domain=.yahoo.com; Path=/; Secure; HttpOnly"
CONSENT = (
    '<form><input name="csrfToken" value="token"/><input name="sessionId" value="session"/></form>'
)
TOO_MANY = Answer("Edge: Too Many Requests", 429)


def failing(status: int, code: str, description: str) -> Answer:
    """An error of the chart API."""
    error = {"code": code, "description": description}
    return Answer({"chart": {"result": None, "error": error}}, status)


NOT_FOUND = failing(404, "Not Found", "No data found, symbol may be delisted")
INVALID_CRUMB = Answer(
    {
        "finance": {
            "result": None,
            "error": {"code": "Unauthorized", "description": "Invalid Crumb"},
        }
    },
    401,
)


class YahooServer:
    """The server; ``url`` is the proxy to set, ``ca_file`` the authority to trust.

    Args:
        folder: For its certificate.
        now: Its clock.
        events: By symbol and kind, as ``{"NVDA": {"splits": {day: (10, 1)}, "dividends": {...}}}``.
        first_day: No symbol has bars before.
        options: Of :class:`WireServer`.
    """

    def __init__(
        self,
        folder: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        events: Mapping[str, Mapping[str, Mapping[date, Any]]] | None = None,
        first_day: date = date(1980, 12, 12),
        **options: Any,
    ) -> None:
        certificates = make_certificates(folder, HOSTS)
        self.ca_file = str(certificates.ca)
        self._now = now
        self._events = events or {}
        self._first_day = first_day
        self._crumbs: set[str] = set()
        self._failures: deque[Failure | None] = deque()
        tunnel = (certificates.certificate, certificates.key)
        self.wire = WireServer(self.handle, tunnel=tunnel, **options)
        self.url = self.wire.url

    @property
    def hosts(self) -> list[str]:
        """The hosts of all requests, in order."""
        return [request.headers["Host"] for request in self.wire.requests]

    @property
    def charts(self) -> list[Request]:
        """The requests for charts, in order; a symbol's first asks for its time zone."""
        return [request for request in self.wire.requests if request.path.startswith(CHARTS)]

    def fail_charts(self, *failures: Failure | None) -> None:
        """Meet the next requests for charts with these; ``None`` lets one through."""
        self._failures.extend(failures)

    def forget_crumbs(self) -> None:
        """From now on all crumbs are stale."""
        self._crumbs.clear()

    def close(self) -> None:
        self.wire.close()

    def handle(self, request: Request) -> Answer:
        if request.path.startswith(CHARTS):
            failure = self._failures.popleft() if self._failures else None
            if isinstance(failure, Answer):
                return failure
            answer = self._chart(request)
            return failure(answer) if failure else answer
        if request.path == "/v1/test/getcrumb":
            return self._crumb(request)
        if request.headers["Host"] == "fc.yahoo.com" or request.path == "/copyConsent":
            return Answer("", 404, {"Set-Cookie": COOKIE})
        if request.path in ("/consent", "/v2/collectConsent"):
            return Answer(CONSENT, 200, {"Content-Type": "text/html"})
        return Answer("", 404)

    def _crumb(self, request: Request) -> Answer:
        if "A3=" not in request.headers.get("Cookie", ""):
            return INVALID_CRUMB
        crumb = f"crumb{len(self.wire.requests)}"
        self._crumbs.add(crumb)
        return Answer(crumb, 200, {"Content-Type": "text/plain"})

    def _chart(self, request: Request) -> Answer:
        symbol, query = unquote(request.path.removeprefix(CHARTS)), request.query
        if "crumb" in query and query["crumb"] not in self._crumbs:
            return INVALID_CRUMB
        if symbol.startswith("NOPE"):
            return NOT_FOUND
        interval, now = query["interval"], self._now()
        start_at, end_at = now - timedelta(days=int(query.get("range", "0d")[:-1])), now
        if "period1" in query:
            start_at = datetime.fromtimestamp(int(query["period1"]), UTC)
            end_at = datetime.fromtimestamp(int(query["period2"]), UTC)
        span = f"startTime={query.get('period1')} and endTime={query.get('period2')}"
        if interval in LIMITS:
            back, width = LIMITS[interval]
            if end_at - start_at > timedelta(days=width):
                return failing(
                    422,
                    "Unprocessable Entity",
                    f"{interval} data not available for {span}. Only {width} days worth of "
                    f"{interval} granularity data are allowed to be fetched per request.",
                )
            if start_at < now - timedelta(days=back):
                return failing(
                    422,
                    "Unprocessable Entity",
                    f"{interval} data not available for {span}. The requested range must be "
                    f"within the last {back} days.",
                )
        if end_at.date() <= self._first_day:
            text = "Data doesn't exist for startDate = {period1}, endDate = {period2}"
            return failing(400, "Bad Request", text.format(**query))
        extended = query.get("includePrePost", "").lower() == "true"
        result = self._result(symbol, interval, start_at, end_at, extended)
        return Answer({"chart": {"result": [result], "error": None}})

    def _result(
        self, symbol: str, interval: str, start_at: datetime, end_at: datetime, extended: bool
    ) -> dict[str, Any]:
        what = instrument(symbol)
        first = max(self._first_day, start_at.date() - timedelta(days=1))
        sessions = list(what.sessions(first, end_at.date() + timedelta(days=1)))
        bars = [
            (moment, bar)
            for moment, bar in session_bars(symbol, what, interval, sessions, extended)
            if start_at <= moment < end_at and moment <= self._now()
        ]
        meta = _meta(symbol, what, interval)
        if interval != "1d":
            meta["tradingPeriods"] = _trading_periods(what, sessions, extended)
        result: dict[str, Any] = {"meta": meta, "indicators": {"quote": [{}]}}
        if interval == "1d":
            result["indicators"]["adjclose"] = [{}]
        if events := self._events_in(symbol, what, start_at, end_at):
            result["events"] = events
        if bars:
            result["timestamp"] = [int(moment.timestamp()) for moment, _ in bars]
            result["indicators"]["quote"] = [_quote(what, [bar for _, bar in bars])]
            if interval == "1d":
                adjusted = [single(adjusted_close(bar)) for _, bar in bars]
                result["indicators"]["adjclose"] = [{"adjclose": adjusted}]
        return result

    def _events_in(
        self, symbol: str, what: Instrument, start_at: datetime, end_at: datetime
    ) -> dict[str, dict[str, dict[str, Any]]]:
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for kind, events in self._events.get(symbol, {}).items():
            for day, value in events.items():
                moment = what.moment(day, what.open_at)
                if start_at <= moment < end_at:
                    event: dict[str, Any] = {"date": int(moment.timestamp())}
                    if kind == "splits":
                        new, old = value
                        event |= {
                            "numerator": new,
                            "denominator": old,
                            "splitRatio": f"{new}:{old}",
                        }
                    elif isinstance(value, tuple):
                        event |= {"amount": value[0], "currency": value[1]}
                    else:
                        event["amount"] = value
                    found.setdefault(kind, {})[str(event["date"])] = event
        return found


def start(folder: Path, **options: Any) -> YahooServer:
    """A server that runs until it is closed; see :class:`YahooServer`."""
    return YahooServer(folder, **options)


def _quote(what: Instrument, bars: list[MadeBar]) -> dict[str, list[Any]]:
    has_volume = what.kind != "CURRENCY"
    quote: dict[str, list[Any]] = {
        name: [single(getattr(bar, name)) for bar in bars]
        for name in ("open", "high", "low", "close")
    }
    quote["volume"] = [bar.volume if has_volume else 0 for bar in bars]
    return quote


def _meta(symbol: str, what: Instrument, interval: str) -> dict[str, Any]:
    period = {"timezone": "?", "start": 1718371800, "end": 1718395200, "gmtoffset": 0}
    return {
        "currency": what.currency,
        "symbol": symbol,
        "exchangeName": what.exchange,
        "instrumentType": what.kind,
        "firstTradeDate": 345479400,
        "regularMarketTime": 1718395200,
        "gmtoffset": 0,
        "timezone": "?",
        "exchangeTimezoneName": what.zone,
        "longName": f"Made-up {our_symbol(symbol)}",
        "priceHint": 2,
        "currentTradingPeriod": {name: dict(period) for name in ("pre", "regular", "post")},
        "dataGranularity": interval,
        "range": "",
        "validRanges": ["1d", "5d", "1mo", "max"],
    }


def _trading_periods(
    what: Instrument, sessions: list[tuple[date, datetime, datetime]], extended: bool
) -> Any:
    def period(start_at: datetime, end_at: datetime) -> list[dict[str, Any]]:
        start, end = int(start_at.timestamp()), int(end_at.timestamp())
        return [{"timezone": "?", "start": start, "end": end, "gmtoffset": 0}]

    regular = [period(open_at, close_at) for _, open_at, close_at in sessions]
    if not extended:
        return regular
    return {
        "pre": [period(what.moment(day, time(4)), open_at) for day, open_at, _ in sessions],
        "regular": regular,
        "post": [period(close_at, what.moment(day, time(20))) for day, _, close_at in sessions],
    }
