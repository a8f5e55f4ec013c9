"""Rows of a query are shown whole, wherever they go; the command line starts quickly."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest

from barhouse.cli import console


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (Decimal("132.450000000000000000"), "132.45"),
        (Decimal("1E+3"), "1000"),
        (Decimal("NaN"), "NaN"),
        (314.3399963378906, "314.3399963378906"),
        (7772052.0, "7772052"),
        ("[red]x", r"\[red]x"),
    ],
)
def test_values_are_shown_exactly_and_short(value: object, text: str) -> None:
    assert console.text_of(value) == text


def test_wide_rows_are_neither_cut_nor_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    columns = [f"column_{number}" for number in range(20)]
    console.result(columns, [[Decimal(f"{number}.123456789") for number in range(20)]])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[0].split() == columns
    assert lines[2].split() == [f"{number}.123456789" for number in range(20)]


def test_the_command_line_starts_without_what_few_commands_need() -> None:
    heavy = ["pandas", "polars", "dbt", "dlt", "prefect", "adbc_driver_postgresql"]
    code = f"import sys, barhouse.cli.main; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
