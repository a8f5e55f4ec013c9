"""The HTTP session that every request of yfinance passes through.

yfinance decides by the look of a body what an answer is: it never reads the status (except 429),
takes a failing crumb's text for the crumb, and asks again by itself after any error. Here an answer
is judged before yfinance sees it, so that what reaches it is a chart and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from curl_cffi.requests import Response, Session
from curl_cffi.requests.exceptions import HTTPError

from extract.api.feed import Fault, FaultError, FaultKind

_CHARTS: Final = "/v8/finance/chart/"
_CRUMB: Final = "/v1/test/getcrumb"
#: How Yahoo says that a window lies before the first bar (with HTTP 400); an answer, not an error.
_BEFORE_THE_FIRST_BAR: Final = "Data doesn't exist for startDate"
#: Intervals under another of their names.
_SAME_INTERVAL: Final = {"60m": "1h"}
#: What a status means that stands with an error of Yahoo's; others mean that this request is wrong.
_KINDS: Final[Mapping[int, FaultKind]] = {401: "retry", 403: "refused"}


class UnknownSymbolError(FaultError):
    """Yahoo does not know the symbol, or no longer: the two look the same."""


class NothingThereError(Exception):
    """Yahoo says that the window lies before its first bar."""


class Wire(Session[Response]):
    """A browser-like session; one call of yfinance at a time.

    Attributes:
        chart: Result of the last chart that was asked for, with its ``meta``, ``timestamp``,
            ``indicators`` and ``events``; empty when there is none.
    """

    def __init__(self, proxy: str | None, ca_file: str | None, timeout: float) -> None:
        """Connect to nothing yet.

        Args:
            proxy: URL of a proxy, e.g. ``http://127.0.0.1:8080``; ``None`` for none of ours.
            ca_file: PEM file of the authorities to trust; ``None`` for the usual ones.
            timeout: Seconds for each request, from connecting to the last byte.
        """
        # curl takes a file as well; its type hint forgot.
        verify: Any = ca_file or True
        super().__init__(impersonate="chrome", verify=verify, proxy=proxy)
        self.chart: Mapping[str, Any] = {}
        self._seconds = timeout
        self._take_turn: Callable[[], None] | None = None
        self._next_turn: Callable[[], None] | None = None
        self._was_refused = False

    def begin(self, take_turn: Callable[[], None]) -> None:
        """Begin a call of yfinance.

        Args:
            take_turn: Waits for a turn; called before each request but the first.
        """
        self.chart = {}
        self._next_turn = take_turn
        self._take_turn = None
        self._was_refused = False

    def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Response:
        """Make one request.

        Args:
            method: E.g. ``GET``.
            url: Where.
            args: For curl.
            kwargs: For curl; yfinance's own time-outs, of up to 30 s, are not used.

        Raises:
            FaultError: The answer is not what was asked for.
            NothingThereError: The window lies before the first bar.
            curl_cffi.requests.exceptions.RequestException: There is no answer.
        """
        if self._take_turn:
            self._take_turn()
        self._take_turn = self._next_turn
        kwargs["timeout"] = self._seconds
        response = super().request(method, url, *args, **kwargs)
        path = urlsplit(response.url).path
        if path.startswith(_CHARTS):
            self._read_chart(response, kwargs.get("params") or {})
        elif path == _CRUMB and response.status_code >= 400:
            # A chart can be had without a crumb, but not with an error's text for one: so that
            # yfinance goes on without.
            raise HTTPError(_http(response.status_code))
        return response

    def _read_chart(self, response: Response, params: Mapping[str, Any]) -> None:
        status = response.status_code
        if status in (401, 403) and not self._was_refused:
            # The crumb is stale: yfinance gets another one and asks once more.
            self._was_refused = True
            return
        if status == 429 or status >= 500:
            wait = _seconds(response.headers.get("Retry-After"))
            kind: FaultKind = "rate_limited" if status == 429 else "retry"
            raise FaultError(Fault(kind, _http(status), wait))
        body = _json(response)
        chart = body.get("chart")
        error = _error(body)
        if error:
            _refuse(status, error)
        if status >= 400:
            raise FaultError(Fault(_KINDS.get(status, "failed"), _http(status)))
        results = chart.get("result") if isinstance(chart, dict) else None
        if not (isinstance(results, list) and results and _is_result(results[0])):
            raise FaultError(Fault("retry", "the answer is no chart"))
        _check_interval(results[0]["meta"], params)
        self.chart = results[0]


def _refuse(status: int, error: Mapping[str, Any]) -> None:
    text = str(error.get("description") or error.get("code"))
    if text.startswith(_BEFORE_THE_FIRST_BAR):
        raise NothingThereError(text)
    if error.get("code") == "Not Found":
        raise UnknownSymbolError(Fault("failed", f"unknown symbol: {text}"))
    reason = text if status < 400 else f"{_http(status)}: {text}"
    raise FaultError(Fault(_KINDS.get(status, "failed"), reason))


def _json(response: Response) -> Mapping[str, Any]:
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    if response.status_code >= 400:
        return {}
    raise FaultError(Fault("retry", "the answer is no JSON"))


# A chart's error stands under "chart", a crumb's under "finance".
def _error(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for part in body.values():
        error = part.get("error") if isinstance(part, dict) else None
        if error:
            return error if isinstance(error, dict) else {"description": str(error)}
    return None


def _is_result(result: Any) -> bool:
    return isinstance(result, dict) and bool(result.get("meta")) and "indicators" in result


def _check_interval(meta: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    asked, given = params.get("interval"), meta.get("dataGranularity")
    if asked and given and _SAME_INTERVAL.get(given, given) != asked:
        raise FaultError(Fault("failed", f"Yahoo gave {given} bars; asked for {asked}"))


def _http(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdecimal() else None
