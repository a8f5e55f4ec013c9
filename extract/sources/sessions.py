"""Exchange sessions: which days an exchange trades and from when to when.

Source: the ``exchange_calendars`` package, no network. One request per exchange of
``seeds/exchanges.csv``, from 1990-01-01 (or the calendar's own first day) to the end of the year
after the run, so that a second run lands nothing until the calendar package or the year changes.

Two calendars are Barhouse's own rules:
  * ``24/7``: every UTC date from 2009-01-01, 00:00 to the next 00:00;
  * ``FX``: Monday to Friday; a session opens ``session_offset_hours`` before its date begins in the
    exchange's time zone and lasts to the same wall time a day later: with 7 hours and New York from
    17:00 the day before (Sunday for Monday) to 17:00. Holidays are not taken out.

Times are aware UTC, a session is [open_at, close_at), its date is the exchange's trading date.
Calendars state the hours of a day as scheduled; a halt inside a session is not in them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from importlib import metadata
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa

from extract.exchanges import Exchange, read_exchanges
from extract.landing import INSTANT, SCHEMAS, Batch, conform, landing_table
from extract.providers import ExtractRequest, ProviderError

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar

FIRST_DATE: Final = date(1990, 1, 1)
FIRST_CRYPTO_DATE: Final = date(2009, 1, 1)
#: Raise when this module's own rules or the shape of what it lands change.
RULES_VERSION: Final = 1


def calendar_version(exchange: Exchange) -> str:
    """Return what the sessions are computed by, e.g. ``exchange_calendars 4.13.2``.

    Args:
        exchange: Its calendar decides.
    """
    if exchange.calendar in ("24/7", "FX"):
        return f"barhouse {exchange.calendar} {RULES_VERSION}"
    return f"exchange_calendars {metadata.version('exchange_calendars')}"


def calendar_window(exchange: Exchange, fetched_at: datetime) -> tuple[date, date]:
    """Return the first and the last date asked for, both inclusive.

    Args:
        exchange: Its calendar decides.
        fetched_at: The instant of the run, aware UTC.
    """
    first = FIRST_CRYPTO_DATE if exchange.calendar == "24/7" else FIRST_DATE
    return first, date(fetched_at.astimezone(UTC).year + 1, 12, 31)


class SessionsProvider:
    """Lands the trading sessions of every exchange in seeds/exchanges.csv.

    Options:
        exchanges: Path of the exchange seed; default ``seeds/exchanges.csv`` of the project.
        only: Exchange codes to land; all when absent.
    """

    name: Final = "sessions"

    def batches(self, request: ExtractRequest) -> Iterator[Batch]:
        """Yield per exchange its sessions (one row per exchange and session) and its request.

        Args:
            request: The run; see the class for its options.

        Raises:
            ProviderError: The seed cannot be read or names a calendar nobody knows.
        """
        path = request.project_dir / request.options.get("exchanges", "seeds/exchanges.csv")
        for exchange in _selected(read_exchanges(path), request.options.get("only")):
            fingerprint = _fingerprint(exchange, request.fetched_at)
            if not request.is_landed(fingerprint):
                yield from _exchange_batches(exchange, fingerprint, request)


def session_frame(exchange: Exchange, first: date, last: date) -> pd.DataFrame:
    """Compute the sessions of one exchange.

    Args:
        exchange: The exchange and its calendar.
        first: The first session date wanted; a calendar that begins later begins there.
        last: The last session date wanted, inclusive.

    Returns:
        One row per session, indexed by session date, with ``open``, ``close``, ``break_start``,
        ``break_end`` (UTC) and ``is_early_close``.

    Raises:
        ProviderError: Nobody knows the calendar.
    """
    if exchange.calendar == "24/7":
        dates = pd.date_range(first, last, freq="D")
        return _frame(
            dates, dates.tz_localize("UTC"), (dates + timedelta(days=1)).tz_localize("UTC")
        )
    if exchange.calendar == "FX":
        dates = pd.date_range(first, last, freq="B")
        opens = dates - timedelta(hours=exchange.session_offset_hours)
        closes = opens + timedelta(
            days=1
        )  # wall time: a session across a clock change is 23 or 25 h
        return _frame(
            dates,
            opens.tz_localize(exchange.timezone).tz_convert("UTC"),
            closes.tz_localize(exchange.timezone).tz_convert("UTC"),
        )
    calendar = _calendar(exchange, first, last)
    frame: pd.DataFrame = calendar.schedule.copy()
    frame["is_early_close"] = frame.index.isin(calendar.early_closes)
    return frame


def _frame(
    dates: pd.DatetimeIndex, opens: pd.DatetimeIndex, closes: pd.DatetimeIndex
) -> pd.DataFrame:
    frame = pd.DataFrame({"open": opens, "close": closes}, index=dates)
    frame["break_start"] = pd.Series(pd.NaT, index=dates, dtype=opens.dtype)
    frame["break_end"] = frame["break_start"]
    frame["is_early_close"] = False
    return frame


# The package takes 0.2 s to import and a calendar 0.1 s to build: only when there is work.
def _calendar(exchange: Exchange, first: date, last: date) -> ExchangeCalendar:
    import exchange_calendars
    from exchange_calendars.errors import InvalidCalendarName

    try:
        try:
            return exchange_calendars.get_calendar(exchange.calendar, start=first, end=last)
        except ValueError:  # outside what the calendar knows: take what it does know
            known = exchange_calendars.get_calendar(exchange.calendar)
            bounds = known.bound_min(), known.bound_max()
            if not any(bounds):
                raise
            starts = [day for day in (pd.Timestamp(first), bounds[0]) if day is not None]
            ends = [day for day in (pd.Timestamp(last), bounds[1]) if day is not None]
            return exchange_calendars.get_calendar(
                exchange.calendar, start=max(starts), end=min(ends)
            )
    except InvalidCalendarName as error:
        raise ProviderError(
            f"Exchange {exchange.exchange} names the calendar {exchange.calendar!r}, which "
            "exchange_calendars does not know; expected one of its codes, '24/7' or 'FX'."
        ) from error


def _exchange_batches(
    exchange: Exchange, fingerprint: str, request: ExtractRequest
) -> Iterator[Batch]:
    first, last = calendar_window(exchange, request.fetched_at)
    frame = session_frame(exchange, first, last)
    request_id = (
        f"sessions-{exchange.exchange}-{fingerprint[:16]}-{request.fetched_at:%Y%m%dT%H%M%S}"
    )
    yield Batch("raw_sessions", _landed(frame, exchange, request_id, request.fetched_at))
    yield Batch(
        "requests",
        landing_table(
            "requests",
            [
                {
                    "request_id": request_id,
                    "provider": SessionsProvider.name,
                    "source": f"{exchange.calendar} ({calendar_version(exchange)})",
                    "fingerprint": fingerprint,
                    "window_start_at": frame["open"].min().to_pydatetime() if len(frame) else None,
                    "window_end_at": frame["close"].max().to_pydatetime() if len(frame) else None,
                    "outcome": "rows",
                    "row_count": len(frame),
                    "reject_count": 0,
                    "requested_at": request.fetched_at,
                }
            ],
        ),
    )


def _landed(
    frame: pd.DataFrame, exchange: Exchange, request_id: str, fetched_at: datetime
) -> pa.Table:
    def instants(column: str) -> pa.Array:
        return pa.array(frame[column].dt.tz_convert(None).to_numpy("datetime64[us]"), INSTANT)

    constant = {
        "exchange": exchange.exchange,
        "calendar_version": calendar_version(exchange),
        "request_id": request_id,
        "fetched_at": fetched_at,
        "source_row": None,
    }
    columns = {
        "session_date": pa.array(frame.index.to_numpy("datetime64[D]"), pa.date32()),
        "open_at": instants("open"),
        "close_at": instants("close"),
        "break_start_at": instants("break_start"),
        "break_end_at": instants("break_end"),
        "is_early_close": pa.array(frame["is_early_close"].to_numpy(), pa.bool_()),
    }
    schema = SCHEMAS["raw_sessions"]
    for name, value in constant.items():
        columns[name] = pa.repeat(pa.scalar(value, schema.field(name).type), len(frame))
    return conform("raw_sessions", pa.table({name: columns[name] for name in schema.names}))


def _selected(exchanges: list[Exchange], only: Collection[str] | None) -> list[Exchange]:
    if only is None:
        return exchanges
    unknown = sorted(set(only) - {exchange.exchange for exchange in exchanges})
    if unknown:
        raise ProviderError(
            f"Exchange {', '.join(unknown)} is not in the exchange list; "
            f"expected some of {', '.join(exchange.exchange for exchange in exchanges)}."
        )
    return [exchange for exchange in exchanges if exchange.exchange in only]


def _fingerprint(exchange: Exchange, fetched_at: datetime) -> str:
    parts = [RULES_VERSION, calendar_version(exchange), *calendar_window(exchange, fetched_at)]
    text = json.dumps([parts, asdict(exchange)], default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


PROVIDER: Final = SessionsProvider()
