"""Provider values to landed bars: exact, each once, and what is wrong is told with its place."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.api.bars import Frame, Reject, landed_bars
from extract.api.feed import BarColumns, FaultError, Listing, Window
from extract.api.finality import day_settles_at, first_open_day
from extract.api.values import counts, decimals, instants
from extract.exchanges import Exchange

NEW_YORK = Exchange("XNYS", "XNYS", "America/New_York", 0)
CRYPTO = Exchange("CRYPTO", "24/7", "UTC", 0)
FX = Exchange("FX", "FX", "America/New_York", 7)
NOON = datetime(2024, 6, 12, 16, tzinfo=UTC)
FETCHED = NOON + timedelta(days=30)
MINUTE = timedelta(minutes=1)
START_MS = int(NOON.timestamp() * 1000)


def frame(  # noqa: PLR0917 - named throughout
    timeframe: str = "1m",
    start: datetime = NOON,
    end: datetime = NOON + timedelta(hours=1),
    fetched_at: datetime = FETCHED,
    exchange: Exchange = NEW_YORK,
    asset_class: str = "equity",
) -> Frame:
    listing = Listing("KO", "KO", asset_class, exchange.exchange, "USD")
    constants = {
        "provider": "acme",
        "provider_symbol": "KO",
        "asset_class": asset_class,
        "exchange": exchange.exchange,
        "feed": "sip",
        "currency": "USD",
        "timeframe": timeframe,
        "volume_unit": "shares",
        "price_basis": "raw",
        "session_scope": "extended",
        "request_id": "acme-1",
    }
    window = Window("bars", listing, timeframe, start, end)
    return Frame(window, exchange, constants, fetched_at, timedelta(minutes=15))


def page(times: Sequence[Any], form: str = "epoch_milliseconds", **columns: Any) -> BarColumns:
    size = len(times)
    given = {
        "open": [59.1] * size,
        "high": [59.3] * size,
        "low": [59.0] * size,
        "close": [59.2] * size,
        "volume": [100] * size,
        **columns,
    }
    return BarColumns(times, form, **given)  # type: ignore[arg-type]


def minutes(*numbers: int) -> list[int]:
    return [START_MS + 60_000 * number for number in numbers]


def land(*pages: BarColumns, **options: Any) -> tuple[list[dict[str, Any]], list[Reject]]:
    bars, rejects = landed_bars(pages, frame(**options))
    return bars.table().to_pylist(), rejects


def test_bars_land_exactly_as_written() -> None:
    rows, rejects = land(
        page(
            minutes(0),
            open=[189.95],
            volume=[1.2345e-08],
            vwap=[189.9499969482422],
            trade_count=[12.0],
        )
    )
    assert rejects == []
    assert rows[0]["bar_start_at"] == NOON
    assert rows[0]["open"] == Decimal("189.95")
    assert rows[0]["volume"] == Decimal("0.000000012345")
    assert rows[0]["vwap"] == Decimal("189.9499969482422")
    assert rows[0]["trade_count"] == 12
    assert rows[0]["source_timestamp"] == str(START_MS)
    assert rows[0]["session_date"] is None


@given(
    prices=st.lists(
        st.decimals(Decimal("0.00000001"), Decimal("999999.99"), places=8), min_size=1, max_size=30
    )
)
def test_every_price_of_15_digits_survives_a_float(prices: list[Decimal]) -> None:
    short = [price for price in prices if len(price.as_tuple().digits) <= 15]
    array, problems = decimals([float(price) for price in short], "number")
    assert problems == {}
    assert array.to_pylist() == short
    array, problems = decimals([str(price) for price in prices], "text")
    assert problems == {}
    assert array.to_pylist() == prices


def test_bad_values_are_rejected_one_by_one_and_the_rest_lands() -> None:
    rows, rejects = land(
        page(
            minutes(0, 1, 2, 3, 4, 5, 6, 7),
            close=[1.5, float("nan"), "1.5", None, True, float("inf"), 1e21, 1.5],
            trade_count=[None, 1, 1, 1, 1, 1, 1, 2.5],
        )
    )
    assert [row["bar_start_at"] for row in rows] == [NOON]
    assert [(reject.column, reject.seen) for reject in rejects] == [
        ("close", "nan"),
        ("close", "'1.5'"),
        ("close", "None"),
        ("close", "True"),
        ("close", "inf"),
        ("close", "1e+21"),
        ("trade_count", "2.5"),
    ]
    assert rejects[0].reason == "close is nan; expected a finite number"
    assert rejects[1].reason == "close is str '1.5'; expected a number"
    assert json.loads(rejects[1].record)["time"] == minutes(2)[0]


def test_number_where_text_was_promised_is_a_changed_type() -> None:
    texts = {name: ["1.5", "1.5"] for name in ("open", "high", "low", "volume")}
    rows, rejects = land(
        page(
            [1718208000, "1718208060"],
            "epoch_seconds",
            **texts,
            close=["1.5", 1.5],
            number_form="text",
        )
    )
    assert len(rows) == 1
    assert rejects[0].reason == "close is float 1.5; expected the text of a number"


def test_bars_outside_the_window_or_in_the_future_are_rejected() -> None:
    rows, rejects = land(page(minutes(-1, 0, 59, 60, 5)), fetched_at=NOON + timedelta(minutes=30))
    assert [row["bar_start_at"] for row in rows] == [NOON, NOON + 5 * MINUTE]
    assert [reject.column for reject in rejects] == ["bar_start_at"] * 3
    assert "lies outside what was asked for, 2024-06-12T16:00Z to" in rejects[0].reason
    assert "lies in the future" in rejects[1].reason


def test_bar_that_the_start_of_the_window_cuts_belongs_to_the_window_before() -> None:
    start = NOON + timedelta(minutes=30)
    hours = [START_MS + 3_600_000 * number for number in (-1, 0, 1)]
    rows, rejects = land(page(hours), timeframe="1h", start=start, end=NOON + timedelta(hours=3))
    assert [row["bar_start_at"] for row in rows] == [NOON + timedelta(hours=1)]
    assert [reject.seen for reject in rejects] == [str(hours[0])]


def test_bar_on_two_pages_lands_once_and_of_two_that_differ_the_later() -> None:
    first = page(minutes(0, 1))
    second = page(minutes(1, 2, 0), close=[59.2, 59.2, 59.25])
    rows, rejects = land(first, second)
    assert [(row["bar_start_at"] - NOON) / MINUTE for row in rows] == [0, 1, 2]
    assert [row["close"] for row in rows] == [Decimal("59.25"), Decimal("59.2"), Decimal("59.2")]
    assert [reject.reason for reject in rejects] == [
        "another bar with the same start came later in the answer; that one landed"
    ]


def test_newest_first_lands_in_order() -> None:
    rows, rejects = land(page(minutes(3, 2, 1, 0), close=[4.0, 3.0, 2.0, 1.0]))
    assert rejects == []
    assert [int(row["close"]) for row in rows] == [1, 2, 3, 4]
    assert [row["source_row"] for row in rows] == [1, 2, 3, 4]


def test_no_page_lands_nothing() -> None:
    assert land() == ([], [])
    assert land(page([])) == ([], [])


def test_columns_of_different_length_are_a_fault() -> None:
    with pytest.raises(FaultError, match="differ in length"):
        land(page(minutes(0, 1), close=[1.0]))


@pytest.mark.parametrize(
    ("form", "times"),
    [
        ("epoch_seconds", ["1718208000"]),
        ("epoch_seconds", [1718208000]),
        ("epoch_milliseconds", [1718208000000]),
        ("rfc3339", ["2024-06-12T16:00:00Z"]),
        ("rfc3339", ["2024-06-12T12:00:00-04:00"]),
        ("rfc3339", ["2024-06-12T16:00:00.000000000Z"]),
        ("instant", [NOON]),
    ],
)
def test_every_form_of_time_is_read(form: str, times: list[Any]) -> None:
    array, problems = instants(times, form)  # type: ignore[arg-type]
    assert problems == {}
    assert array.to_pylist() == [NOON]


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("epoch_seconds", "soon"),
        ("epoch_seconds", 1.5),
        ("epoch_seconds", 10**20),
        ("epoch_milliseconds", None),
        ("epoch_milliseconds", True),
        ("rfc3339", "2024-06-12T16:00:00"),
        ("rfc3339", 1718208000),
        ("instant", datetime(2024, 6, 12)),  # noqa: DTZ001 - a time without a zone is what is tested
    ],
)
def test_unreadable_time_is_a_problem(form: str, value: Any) -> None:
    for values in ([value], [value, value]):
        _array, problems = instants(values, form)  # type: ignore[arg-type]
        assert set(problems) == set(range(len(values)))


def test_counts_are_whole_numbers_or_nothing() -> None:
    assert counts([1, None, 3])[0].to_pylist() == [1, None, 3]
    assert counts([None, None])[0].to_pylist() == [None, None]
    assert set(counts([1, "2", 2.5, True])[1]) == {1, 2, 3}


def test_daily_bar_takes_its_date_from_the_exchange() -> None:
    day = datetime(2024, 6, 12, tzinfo=UTC)
    options = {"timeframe": "1d", "start": day, "end": day + timedelta(days=1)}
    midnight_new_york = page(["2024-06-12T04:00:00Z"], "rfc3339")
    rows, _ = land(midnight_new_york, **options)
    assert rows[0]["session_date"] == date(2024, 6, 12)
    rows, _ = land(page([date(2024, 6, 12)], "date"), **options)
    assert rows[0]["bar_start_at"] == datetime(2024, 6, 12, 4, tzinfo=UTC)
    rows, _ = land(page([date(2024, 6, 12)], "date"), **options, exchange=FX, asset_class="fx")
    assert rows[0]["bar_start_at"] == datetime(2024, 6, 11, 21, tzinfo=UTC)
    rows, _ = land(
        page(["2024-06-11T21:00:00Z"], "rfc3339"), **options, exchange=FX, asset_class="fx"
    )
    assert rows[0]["session_date"] == date(2024, 6, 12)
    _, rejects = land(page([date(2024, 6, 13), "never"], "date"), **options)
    assert "lies outside what was asked for, 2024-06-12 to 2024-06-12" in rejects[0].reason
    assert "expected a date" in rejects[1].reason


def test_bar_is_final_once_it_cannot_change() -> None:
    # Fetched 12:30, settled 15 minutes later: the bar of 12:14 ends at 12:15.
    rows, _ = land(page(minutes(13, 14, 15, 29)), fetched_at=NOON + timedelta(minutes=30))
    assert [row["is_final"] for row in rows] == [True, True, False, False]


@pytest.mark.parametrize(
    ("exchange", "asset_class", "fetched_at", "is_final"),
    [
        (NEW_YORK, "equity", datetime(2024, 6, 13, 0, 14, tzinfo=UTC), False),
        (NEW_YORK, "equity", datetime(2024, 6, 13, 0, 16, tzinfo=UTC), True),
        (CRYPTO, "crypto", datetime(2024, 6, 13, 0, 14, tzinfo=UTC), False),
        (CRYPTO, "crypto", datetime(2024, 6, 13, 0, 15, tzinfo=UTC), True),
        (FX, "fx", datetime(2024, 6, 12, 21, 14, tzinfo=UTC), False),
        (FX, "fx", datetime(2024, 6, 12, 21, 15, tzinfo=UTC), True),
    ],
)
def test_day_is_final_after_the_last_trade_of_its_date(
    exchange: Exchange, asset_class: str, fetched_at: datetime, is_final: bool
) -> None:
    day = datetime(2024, 6, 12, tzinfo=UTC)
    rows, rejects = land(
        page([day.date()], "date"),
        timeframe="1d",
        start=day,
        end=day + timedelta(days=1),
        fetched_at=fetched_at,
        exchange=exchange,
        asset_class=asset_class,
    )
    assert rejects == []
    assert rows[0]["is_final"] is is_final


@given(moment=st.datetimes(datetime(2023, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
@pytest.mark.parametrize(
    ("exchange", "asset_class"), [(NEW_YORK, "equity"), (CRYPTO, "crypto"), (FX, "fx")]
)
def test_first_open_day_is_the_first_that_has_not_settled(
    exchange: Exchange, asset_class: str, moment: datetime
) -> None:
    day = first_open_day(exchange, asset_class, moment)
    assert day_settles_at(exchange, asset_class, day) > moment
    assert day_settles_at(exchange, asset_class, day - timedelta(days=1)) <= moment


@given(
    order=st.permutations(range(12)),
    cuts=st.lists(st.integers(0, 12), max_size=3),
    again=st.lists(st.integers(0, 11), max_size=6),
)
def test_order_pages_and_repeats_change_nothing(
    order: list[int], cuts: list[int], again: list[int]
) -> None:
    everything = [*order, *again]
    edges = [0, *sorted(cuts), len(everything)]
    pages = [
        page(minutes(*part), close=[float(number + 1) for number in part])
        for first, last in itertools.pairwise(edges)
        if (part := everything[first:last])
    ]
    bars, rejects = landed_bars(pages, frame())
    straight, _ = landed_bars(
        [page(minutes(*range(12)), close=[float(n + 1) for n in range(12)])], frame()
    )
    assert rejects == []
    assert bars.table().equals(straight.table())
