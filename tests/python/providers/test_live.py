"""The real services, for those who have keys and a network: ``pytest -m live``.

Each asks for one settled week of days and holds what comes to what everybody can look up.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from extract.api.plan import DEFAULT_DAYS
from extract.providers import ExtractRequest, MisconfiguredError
from extract.registry import load_provider
from extract.settings import load_settings

pytestmark = pytest.mark.live
ROOT = Path(__file__).resolve().parents[3]
#: The close of AAPL on 2024-06-12, as traded; no split since.
AAPL_CLOSE = Decimal("213.07")


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("alpaca", "AAPL"),
        ("polygon", "AAPL"),
        ("yahoo", "AAPL"),
        ("interactive_brokers", "AAPL"),
        ("coinbase", "BTC/USD"),
    ],
)
def test_days_of_the_real_service_land(name: str, symbol: str, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    # Free plans keep about two years.
    start = max(datetime(2024, 6, 10, tzinfo=UTC), now - DEFAULT_DAYS).date()
    request = ExtractRequest(
        fetched_at=now,
        is_landed=lambda _fingerprint: True,
        cache_dir=tmp_path,
        project_dir=ROOT,
        settings=load_settings(start=ROOT),
        options={
            "symbols": [symbol],
            "start": str(start),
            "end": str(start + timedelta(days=7)),
            "datasets": ["bars"],
        },
    )
    try:
        batches = list(load_provider(name).batches(request))
    except MisconfiguredError as error:
        pytest.skip(str(error))
    asked = [row for b in batches if b.table == "requests" for row in b.rows.to_pylist()]
    assert [row["outcome"] for row in asked] == ["rows"], asked
    bars = [row for b in batches if b.table == "raw_bars" for row in b.rows.to_pylist()]
    assert 4 <= len(bars) <= 7
    assert all(bar["low"] <= bar["close"] <= bar["high"] for bar in bars)
    assert all(bar["is_final"] for bar in bars)
    for bar in bars:
        if symbol == "AAPL" and str(bar["session_date"]) == "2024-06-12":
            assert bar["close"] == pytest.approx(AAPL_CLOSE)
