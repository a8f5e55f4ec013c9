"""Splits, dividends and symbols of Yahoo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from wire_kit import Answer
from yahoo_kit import Yahoo, editing, opened, windowed, without_prices

from extract.api.feed import FaultError
from extract.sources.yahoo import PROVIDER, TERMS


@pytest.fixture
def yahoo(tmp_path: Path) -> Iterator[Yahoo]:
    with opened(tmp_path) as made:
        yield made


def test_actions_come_with_their_own_dates(yahoo: Yahoo) -> None:
    actions = yahoo.actions("NVDA", "2024-06-01", "2024-06-13")
    assert [(split.ex_date, split.ratio) for split in actions.splits] == [(date(2024, 6, 10), 10)]
    # The eighth was a Saturday; yfinance's frame moves its dividend to Friday.
    assert [(d.ex_date, d.amount, d.amount_basis) for d in actions.dividends] == [
        (date(2024, 6, 8), 0.02, "split"),
        (date(2024, 6, 11), 0.01, "split"),
    ]


def test_actions_before_the_first_bar_are_seen(yahoo: Yahoo) -> None:
    actions = yahoo.actions("NVDA", "2024-06-08", "2024-06-12")
    assert [dividend.ex_date.day for dividend in actions.dividends] == [8, 11]


def test_actions_without_a_single_bar_are_seen(yahoo: Yahoo) -> None:
    actions = yahoo.actions("NVDA", "2024-06-08", "2024-06-10")
    assert [dividend.ex_date.day for dividend in actions.dividends] == [8]


def test_actions_on_a_day_without_prices_are_seen(yahoo: Yahoo) -> None:
    yahoo.server.fail_charts(None, editing(lambda result: without_prices(result, -1)))
    actions = yahoo.actions("NVDA", "2024-06-10", "2024-06-12")
    assert [dividend.ex_date.day for dividend in actions.dividends] == [11]


def test_actions_outside_the_window_are_left_out(yahoo: Yahoo) -> None:
    def a_year_early(result: dict[str, Any]) -> None:
        for dividend in result["events"]["dividends"].values():
            dividend["date"] -= 365 * 86_400

    yahoo.server.fail_charts(None, editing(a_year_early))
    actions = yahoo.actions("NVDA", "2024-06-01", "2024-06-13")
    assert (len(actions.splits), actions.dividends) == (1, [])


def test_a_ratio_that_has_no_end_is_exact_to_18_places(yahoo: Yahoo) -> None:
    (split,) = yahoo.actions("NVDA", "2021-07-01", "2021-08-01").splits
    assert abs(split.ratio - Decimal(1) / 3) < Decimal("1e-20")


def test_a_split_that_is_no_ratio_is_handed_over_to_be_told(yahoo: Yahoo) -> None:
    def broken(result: dict[str, Any]) -> None:
        for split in result["events"]["splits"].values():
            split["denominator"] = 0

    yahoo.server.fail_charts(None, editing(broken))
    (split,) = yahoo.actions("NVDA", "2024-06-10", "2024-06-11").splits
    assert split.ratio == "10.0:0"


def test_a_dividend_in_another_currency_says_so(yahoo: Yahoo) -> None:
    (dividend,) = yahoo.actions("VNM.AX", "2024-01-10", "2024-01-20").dividends
    assert (dividend.ex_date, dividend.currency) == (date(2024, 1, 16), "VND")


def test_no_actions_are_none_and_a_failure_is_not(yahoo: Yahoo) -> None:
    assert yahoo.actions("AAPL", "2024-06-10", "2024-06-12") == yahoo.feed.actions(
        replace(windowed("AAPL", "1d", "1970-01-01", "1975-01-01"), timeframe=None), yahoo.ask()
    )
    yahoo.server.fail_charts(Answer("", 500))
    with pytest.raises(FaultError):
        yahoo.actions("AAPL", "2024-06-10", "2024-06-12")


@pytest.mark.parametrize(
    ("ours", "theirs", "asset_class"),
    [
        ("AAPL", "AAPL", "equity"),
        ("BRK.B", "BRK-B", "equity"),
        ("VOD.L", "VOD.L", "equity"),
        ("7203.T", "7203.T", "equity"),
        ("0700.HK", "0700.HK", "equity"),
        ("RCI-B.TO", "RCI-B.TO", "equity"),
        ("SPY", "SPY", "etf"),
        ("BTC/USD", "BTC-USD", "crypto"),
        ("EUR/USD", "EURUSD=X", "fx"),
        ("USD/JPY", "USDJPY=X", "fx"),
        ("^GSPC", "^GSPC", "index"),
    ],
)
def test_symbols_are_spelled_as_yahoo_does_and_back(
    ours: str, theirs: str, asset_class: str
) -> None:
    assert TERMS.spell(ours, asset_class) == theirs
    assert TERMS.spell(theirs, asset_class) == theirs
    assert TERMS.unspell(theirs, asset_class) == ours


def test_a_short_currency_is_in_dollars() -> None:
    assert TERMS.unspell("JPY=X", "fx") == "USD/JPY"


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ("BRK-B", ("BRK.B", "equity", "XNAS", "USD")),
        ("SPY", ("SPY", "etf", "ARCX", "USD")),
        ("BTC-EUR", ("BTC/EUR", "crypto", "CRYPTO", "EUR")),
        ("EURUSD=X", ("EUR/USD", "fx", "FX", "USD")),
        ("^GSPC", ("^GSPC", "index", "XNYS", "USD")),
        ("VOD.L", ("VOD.L", "equity", "XLON", "GBX")),
    ],
)
def test_a_symbol_is_described_by_what_yahoo_says(
    yahoo: Yahoo, theirs: str, expected: tuple[str, ...]
) -> None:
    listing = yahoo.feed.describe(theirs, "equity", yahoo.ask())
    assert (
        listing.symbol,
        listing.asset_class,
        listing.exchange,
        listing.currency,
    ) == expected
    assert listing.provider_symbol == theirs
    assert listing.name == f"Made-up {expected[0]}"


def test_a_symbol_that_yahoo_does_not_know_is_not_described(yahoo: Yahoo) -> None:
    assert yahoo.feed.describe("NOPE", "equity", yahoo.ask()) is None


def test_a_description_that_fails_is_not_an_unknown_symbol(yahoo: Yahoo) -> None:
    yahoo.server.fail_charts(Answer("", 500))
    with pytest.raises(FaultError):
        yahoo.feed.describe("NVDA", "equity", yahoo.ask())


def test_a_symbol_of_a_kind_we_do_not_have_is_not_described(yahoo: Yahoo) -> None:
    yahoo.server.fail_charts(None, editing(lambda r: r["meta"].update(instrumentType="FUTURE")))
    with pytest.raises(FaultError, match="ES as FUTURE on NMS in USD"):
        yahoo.feed.describe("ES", "equity", yahoo.ask())


def test_the_module_offers_its_terms() -> None:
    assert (PROVIDER.name, PROVIDER.terms) == ("yahoo", TERMS)


def test_there_is_no_symbol_list(yahoo: Yahoo) -> None:
    assert not TERMS.has_assets
    with pytest.raises(FaultError, match="no symbol list"):
        yahoo.feed.assets("equity", yahoo.ask())
