"""CSV files of bars: what lands, what is rejected and where it stood."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from test_files_kit import HEADER, POSITIONS, read

GOOD = "2024-01-02 14:30,1,2,0.5,1.5,100\n"


def test_a_bar_lands_with_every_column_of_its_entry(tmp_path: Path) -> None:
    landed = read(tmp_path, HEADER + "2024-01-02 14:30,187.15,188.44,183.885,185.64,82488700\n")
    bar = landed.bars[0]
    assert bar["provider"] == "files"
    assert bar["provider_symbol"] == "AAPL"
    assert bar["bar_start_at"] == datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
    assert bar["session_date"] is None
    assert bar["source_timestamp"] == "2024-01-02 14:30"
    assert bar["low"] == Decimal("183.885")
    assert bar["volume"] == Decimal(82488700)
    assert (bar["price_basis"], bar["feed"], bar["is_final"]) == ("raw", "file", True)
    assert bar["source_row"] == 2
    assert landed.request["outcome"] == "rows"
    assert landed.request["window_start_at"] == datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
    assert landed.request["window_end_at"] == datetime(2024, 1, 2, 14, 31, tzinfo=UTC)
    assert bar["request_id"] == landed.request["request_id"]


def test_numbers_never_pass_a_float(tmp_path: Path) -> None:
    text = "12345678901234567890.123456789012345678"
    bar = read(tmp_path, HEADER + f"2024-01-02 14:30,{text},{text},0.1,{text},0.3\n").bars[0]
    assert bar["open"] == Decimal(text)
    assert str(bar["low"]) == "0.100000000000000000"


def test_exponents_blanks_and_signs_are_read_exactly(tmp_path: Path) -> None:
    bar = read(tmp_path, HEADER + "2024-01-02 14:30, 1e-7 ,+2,.5,1.,-3E2\n").bars[0]
    seen = [bar[name] for name in ("open", "high", "low", "close", "volume")]
    assert seen == [Decimal(n) for n in ("0.0000001", "2", "0.5", "1", "-300")]


def test_an_absurd_bar_is_readable_and_lands(tmp_path: Path) -> None:
    landed = read(tmp_path, HEADER + "2024-01-02 14:30,1,0.5,2,1.5,-100\n")
    assert (len(landed.bars), landed.rejects) == (1, [])


def test_an_empty_volume_lands_as_missing(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER + "2024-01-02 14:30,1,2,0.5,1.5,\n").bars[0]["volume"] is None


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("", "The open price is missing."),
        ("  ", "The open price is missing."),
        ("abc", "'abc' is not a number"),
        ("NaN", "not a finite number"),
        ("-Infinity", "not a finite number"),
        ('"1,234.5"', "thousand separator"),
        ('"1,5"', "holds a comma"),
        ("1_000", "thousand separator"),
        ("0x10", "is not a number"),
        ("\u0663", "is not a number"),
        ("$12", "is not a number"),
        ("100000000000000000000", "is too large"),
        ("1e20", "is too large"),
        ("1e999999999", "is too large"),
        ("9000000000000000000000 GB", "is not a number"),
        ("0.1234567890123456789", "more than 18 decimals"),
        ("1e-19", "more than 18 decimals"),
        ("1e-999999999", "more than 18 decimals"),
        ("9" * 5000, "too many digits"),
    ],
)
def test_an_unreadable_price_is_rejected_with_its_line(
    tmp_path: Path, cell: str, said: str
) -> None:
    landed = read(tmp_path, HEADER + GOOD + f"2024-01-02 14:31,{cell},2,0.5,1.5,100\n")
    assert said in landed.reject["reason"]
    assert landed.reject["source_row"] == 3
    assert landed.reject["column_name"] == "open"
    assert landed.reject["record"].startswith("2024-01-02 14:31,")
    assert (landed.request["row_count"], landed.request["reject_count"]) == (1, 1)
    assert landed.request["reason"] == "1 row was rejected."


def test_zeros_beyond_18_decimals_are_no_loss(tmp_path: Path) -> None:
    landed = read(tmp_path, HEADER + "2024-01-02 14:30,1.50000000000000000000000,2,0.5,1.5,1\n")
    assert landed.bars[0]["open"] == Decimal("1.5")


@pytest.mark.parametrize(("cells", "count"), [("1,2,0.5", 4), ("1,2,0.5,1.5,100,7", 7), ("", 2)])
def test_a_wrong_number_of_fields_is_rejected(tmp_path: Path, cells: str, count: int) -> None:
    landed = read(tmp_path, HEADER + "\n" + f"2024-01-02 14:31,{cells}\n" + GOOD)
    assert landed.reject["reason"] == f"line 3 has {count} fields; expected 6."
    assert landed.bars[0]["source_row"] == 4


def test_lines_count_physically_past_blank_lines_and_quoted_breaks(tmp_path: Path) -> None:
    header = "note,time,open,high,low,close,volume\n"
    rows = '\r\n"a\nb",2024-01-02 14:30,1,2,0.5,1.5,1\r\n\nplain,2024-01-02 14:31,x,2,0.5,1.5,1\r\n'
    landed = read(tmp_path, header + rows)
    assert [bar["source_row"] for bar in landed.bars] == [3]
    assert landed.reject["source_row"] == 6


def test_a_stray_quote_costs_one_line(tmp_path: Path) -> None:
    rows = "".join(f"2024-01-02 14:{m},1,2,0.5,1.5,100\n" for m in range(31, 59))
    landed = read(tmp_path, HEADER + '"2024-01-02 14:30,1,2,0.5,1.5,100\n' + rows)
    assert len(landed.bars) == 28
    assert landed.reject["reason"] == "line 2 opens a quote that is not closed."


def test_a_quoted_record_may_cross_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extract.sources._files.text._BLOCK", 64)
    rows = "".join(f'"a\nb",2024-01-02 14:{m},1,2,0.5,1.5,1\n' for m in range(10, 60))
    landed = read(tmp_path, "note,time,open,high,low,close,volume\n" + rows)
    assert [bar["source_row"] for bar in landed.bars] == list(range(2, 102, 2))
    assert landed.rejects == []


def test_a_huge_symbol_is_rejected_and_cut(tmp_path: Path) -> None:
    columns = {name: name for name in ("symbol", "time", "open", "high", "low", "close", "volume")}
    text = "symbol," + HEADER + "A" * 1_000_000 + ",2024-01-02 14:30,1,2,0.5,1.5,1\nIBM," + GOOD
    landed = read(tmp_path, text, columns=columns, symbol="column")
    assert landed.reject["reason"].startswith("The symbol has 1,000,000 characters")
    assert len(landed.reject["reason"]) < 300
    assert landed.reject["seen_value"].endswith("... [cut, 1,000,000 characters]")
    assert len(landed.reject["record"]) < 4_100
    assert landed.bars[0]["provider_symbol"] == "IBM"


@pytest.mark.parametrize("symbol", ["../../etc/passwd", "", " ", "A\x00B", "A;B", "a' or '1"])
def test_a_symbol_that_cannot_be_landed_is_rejected(tmp_path: Path, symbol: str) -> None:
    columns = {name: name for name in ("symbol", "time", "open", "high", "low", "close", "volume")}
    landed = read(tmp_path, f"symbol,{HEADER}{symbol},{GOOD}", columns=columns, symbol="column")
    assert landed.reject["column_name"] == "symbol"
    assert "\x00" not in str(landed.reject)


def test_a_line_without_end_is_rejected_and_the_next_one_lands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.sources._files.text._BLOCK", 1_000)
    monkeypatch.setattr("extract.sources._files.text._MAX_LINE", 10_000)
    landed = read(tmp_path, HEADER + "x" * 50_000 + "\n" + GOOD)
    assert landed.reject["reason"].startswith("line 2 is longer than")
    assert landed.bars[0]["source_row"] == 3


def test_positions_name_the_columns_of_a_file_without_header(tmp_path: Path) -> None:
    landed = read(
        tmp_path,
        GOOD + "2024-01-02 14:31,x,2,0.5,1.5,1\n",
        columns=POSITIONS,
        header=False,
        format="csv",
    )
    assert landed.bars[0]["source_row"] == 1
    assert landed.reject["column_name"] == "[1]"


def test_optional_columns_land(tmp_path: Path) -> None:
    header = "time,open,high,low,close,volume,VWAP,n,Adj Close\n"
    rows = GOOD.strip() + ",1.25,12.0,0.9\n2024-01-02 14:31,1,2,0.5,1.5,1,,,\n"
    columns = {n: n for n in ("time", "open", "high", "low", "close", "volume")}
    columns |= {"vwap": "VWAP", "trade_count": "n", "adjusted_close": "Adj Close"}
    first, second = read(tmp_path, header + rows, columns=columns).bars
    assert (first["vwap"], first["trade_count"]) == (Decimal("1.25"), 12)
    assert first["adjusted_close"] == Decimal("0.9")
    assert (second["vwap"], second["trade_count"], second["adjusted_close"]) == (None, None, None)


@pytest.mark.parametrize("count", ["1.5", "1e19", "many"])
def test_a_trade_count_that_is_no_whole_number_is_rejected(tmp_path: Path, count: str) -> None:
    columns = {n: n for n in ("time", "open", "high", "low", "close", "volume", "trade_count")}
    text = HEADER.strip() + ",trade_count\n" + GOOD.strip() + f",{count}\n"
    landed = read(tmp_path, text, columns=columns)
    assert landed.reject["column_name"] == "trade_count"


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("utf-8", "utf-8-sig"), ("utf-16", "utf-16"), ("cp1252", "cp1252"), ("utf-8-sig", "utf-8")],
)
def test_encodings_and_byte_order_marks_are_accepted(
    tmp_path: Path, encoding: str, written: str
) -> None:
    landed = read(tmp_path, (HEADER + GOOD).encode(written), encoding=encoding)
    assert len(landed.bars) == 1


def test_packed_files_and_other_delimiters_are_read(tmp_path: Path) -> None:
    text = (HEADER + GOOD).replace(",", ";")
    landed = read(tmp_path, gzip.compress(text.encode()), "bars.csv.gz", delimiter=";")
    assert len(landed.bars) == 1


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"time,open\n\xff\xfe", "a.csv", "is not utf-8: the byte 0xff on line 2"),
        (HEADER.encode() + GOOD.encode() * 3 + b"\xe9\n", "a.csv", "0xe9 on line 5"),
        (b"time,Open,high,low,close,volume\n1", "a.csv", "did you mean 'Open'?"),
        (b"time,open,open,high,low,close,volume\n1", "a.csv", "'open' 2 times"),
        (b"time;open\n1;2\n", "a.csv", "There is no column 'time' for time"),
        (b"time,open\r1,2\r", "a.csv", "carriage return alone"),
        (b"not gzip at all", "a.csv.gz", "cannot be opened or unpacked"),
        (gzip.compress(HEADER.encode() + GOOD.encode() * 999)[:-60], "a.csv.gz", "cannot be"),
        (HEADER.encode() + b"x,1,2,3,4,5\n", "a.csv", "None of the 1 rows could be read"),
    ],
)
def test_a_failed_file_lands_no_bars_and_says_why(
    tmp_path: Path, content: bytes, name: str, said: str
) -> None:
    landed = read(tmp_path, content, name)
    assert landed.bars == []
    assert landed.request["outcome"] == "failed"
    assert said in landed.request["reason"]
    assert landed.request["fingerprint"].startswith("failed:")
    assert landed.request["row_count"] == 0


@pytest.mark.parametrize("content", ["", "\n\r\n \n", HEADER])
def test_a_file_without_rows_is_empty(tmp_path: Path, content: str) -> None:
    landed = read(tmp_path, content)
    assert (landed.request["outcome"], landed.request["row_count"]) == ("empty", 0)
    assert not landed.request["fingerprint"].startswith("failed:")


def test_a_carriage_return_within_a_line_costs_that_line(tmp_path: Path) -> None:
    landed = read(tmp_path, HEADER + "2024-01-02 14:29,1,2,0.5,1.5\r,1\n" + "\r\r\n" + GOOD)
    assert "holds a carriage return" in landed.reject["reason"]
    assert [bar["source_row"] for bar in landed.bars] == [4]
