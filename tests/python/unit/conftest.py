"""Fixtures shared by the unit tests."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from test_sample_kit import Bars, records, run

from extract.landing import Batch


@pytest.fixture(scope="session")
def sample_cache() -> Path:
    """Return the repository's own cache, so that the sample is downloaded once per machine."""
    return Path(__file__).resolve().parents[3] / ".barhouse" / "cache"


@pytest.fixture(scope="session")
def landing(sample_cache: Path) -> list[Batch]:
    """Return everything that the sample lands; tests only read it."""
    return run(sample_cache)


@pytest.fixture(scope="session")
def bars(landing: list[Batch]) -> Bars:
    """Return the bars of the sample by symbol and timeframe; tests only read them."""
    grouped: Bars = defaultdict(list)
    for row in records(landing, "raw_bars"):
        grouped[row["provider_symbol"], row["timeframe"]].append(row)
    return grouped
