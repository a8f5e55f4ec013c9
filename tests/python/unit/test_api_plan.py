"""A wish that no bar can answer is told; one that was answered before is not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from extract.api.feed import Feed
from extract.api.provider import ApiProvider
from extract.api.terms import Connection
from extract.coverage import Coverage, CoverageKey
from extract.landing import Batch
from extract.providers import ExtractRequest, MisconfiguredError
from extract.sources.yahoo import TERMS

ROOT = Path(__file__).parents[3]
NOW = datetime(2024, 6, 14, 21, tzinfo=UTC)
MAY = {"start": "2024-05-01", "end": "2024-05-10"}


def connect(connection: Connection) -> Feed:
    raise AssertionError("There is nothing to ask for.")


def ask(tmp_path: Path, coverage: Coverage | None = None, **options: Any) -> list[Batch]:
    wanted = {"symbols": ["AAPL"], "timeframes": ["1m"], "datasets": ["bars"], **options}
    request = ExtractRequest(
        fetched_at=NOW,
        is_landed=lambda fingerprint: True,
        cache_dir=tmp_path,
        options=wanted,
        project_dir=ROOT,
        coverage=coverage or Coverage(),
        clock=lambda: NOW,
    )
    return list(ApiProvider(TERMS, connect).batches(request))


def test_bars_older_than_the_provider_keeps_them_are_told(tmp_path: Path) -> None:
    with pytest.raises(
        MisconfiguredError,
        match=r"^yahoo keeps 1m bars for 29 days, and all that was asked for is older "
        r"\(up to 2024-05-10\)\. Ask for a later end, or another provider\.$",
    ):
        ask(tmp_path, **MAY)
    with pytest.raises(MisconfiguredError, match=r"29 days.*; yahoo keeps 5m bars for 59 days"):
        ask(tmp_path, timeframes=["1m", "5m"], start="2024-01-02", end="2024-02-01")


def test_what_landed_while_it_was_kept_may_be_asked_for_again(tmp_path: Path) -> None:
    key = CoverageKey("yahoo", "AAPL", "bars", "1m", "regular")
    landed = [(datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 5, 10, tzinfo=UTC))]
    assert ask(tmp_path, Coverage({key: landed}), **MAY) == []


def test_what_is_still_to_come_is_not_called_old(tmp_path: Path) -> None:
    assert ask(tmp_path, start="2025-01-02", end="2025-02-01") == []
