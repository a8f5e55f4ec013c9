"""What the tests of corporate actions share (no tests here): providers that report what is asked.

Each lands through dlt under a name of its own, like any provider.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import count
from typing import Any

from house_kit import House

from extract.landing import Batch, LandingTable, landing_table
from extract.pipelines import LandingReport, land
from extract.providers import ExtractRequest

NUMBERS = count(1)
FETCHED_AT = datetime(2024, 2, 1, 12, tzinfo=UTC)


@dataclass
class Reporter:
    """One provider and all it says of one instrument in one answer."""

    name: str
    symbol: str = "KO"
    fetched_at: datetime = FETCHED_AT
    tables: dict[LandingTable, list[dict[str, Any]]] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def days(self, closes: Mapping[str, str], basis: str = "raw") -> Reporter:
        """Daily bars that open, trade and close at one price."""
        for day, close in closes.items():
            prices = dict.fromkeys(("open", "high", "low", "close"), Decimal(close))
            bar = {
                "feed": "test",
                "currency": "USD",
                "timeframe": "1d",
                "bar_start_at": datetime.combine(date.fromisoformat(day), time(5), UTC),
                "session_date": date.fromisoformat(day),
                "source_timestamp": day,
                **prices,
                "volume": Decimal(1000),
                "volume_unit": "shares",
                "price_basis": basis,
                "session_scope": "regular",
                "is_final": True,
            }
            self.tables.setdefault("raw_bars", []).append(bar)
        return self

    def split(self, ex_date: str, ratio: str, event_id: str | None = None) -> Reporter:
        """One split, as reported."""
        row = {"ex_date": date.fromisoformat(ex_date), "split_ratio": Decimal(ratio)}
        event = {"event_id": event_id} if event_id else {}
        return self._add("raw_splits", {**row, **event, "derivation": "reported"})

    def dividend(
        self, ex_date: str, amount: str, basis: str = "raw", currency: str = "USD"
    ) -> Reporter:
        """One cash dividend, as reported."""
        row = {"dividend_amount": Decimal(amount), "amount_basis": basis, "currency": currency}
        ex = {"ex_date": date.fromisoformat(ex_date), "derivation": "reported"}
        return self._add("raw_dividends", {**ex, **row})

    def asset(self, symbol: str) -> Reporter:
        """Our spelling of the symbol."""
        row = {"currency": "USD", "symbol": symbol, "derivation": "configured"}
        return self._add("raw_assets", row)

    def asked_for_actions(self, since: str) -> Reporter:
        """The request for all actions from a day to the fetch."""
        asked = datetime.combine(date.fromisoformat(since), time(), UTC)
        self.requests.append(
            {"dataset": "actions", "window_start_at": asked, "window_end_at": self.fetched_at}
        )
        return self

    def land(self, house: House) -> LandingReport:
        """Land it as one load."""
        request = ExtractRequest(
            fetched_at=self.fetched_at,
            is_landed=lambda _: False,
            cache_dir=house.settings.cache_dir,
        )
        pipelines_dir = house.settings.pipelines_dir / house.warehouse.identity
        url = house.url("loader")
        return land(self, request, database_url=url, pipelines_dir=pipelines_dir)

    def batches(self, request: ExtractRequest) -> Iterator[Batch]:
        """Yield the rows and then the requests."""
        request_id = f"{self.name}-{next(NUMBERS)}"
        who = {
            "provider": self.name,
            "provider_symbol": self.symbol,
            "asset_class": "equity",
            "exchange": "XNYS",
            "request_id": request_id,
            "fetched_at": request.fetched_at,
        }
        for table, rows in self.tables.items():
            yield Batch(table, landing_table(table, [{**who, **row} for row in rows]))
        outcome = {
            "request_id": request_id,
            "provider": self.name,
            "source": "test",
            "fingerprint": request_id,
            "outcome": "rows",
            "row_count": 1,
            "reject_count": 0,
            "requested_at": request.fetched_at,
        }
        asked: Sequence[dict[str, Any]] = self.requests or [{}]
        named = {"provider_symbol": self.symbol} if self.requests else {}
        yield Batch(
            "requests", landing_table("requests", [{**outcome, **named, **row} for row in asked])
        )

    def _add(self, table: LandingTable, row: dict[str, Any]) -> Reporter:
        self.tables.setdefault(table, []).append(row)
        return self
