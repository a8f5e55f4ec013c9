"""What two runs of dbt at once, or half a run, must never do: tick off loads nobody took in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from house_kit import House

from barhouse import transform
from barhouse.errors import BarhouseError
from extract.locks import held

HEADER = "time,symbol,open,high,low,close,volume\n"
FIRST = HEADER + "2024-01-02 09:30:00,KO,59.00,59.20,58.90,59.10,1000\n"
SECOND = HEADER + "2024-01-02 09:31:00,KO,59.10,59.30,59.00,59.20,1100\n"
MINUTES = "select count(*) from core.bars_1m"


def test_load_that_another_run_put_on_the_list_is_not_ticked_off(
    house: House, write_files: Callable[..., Path]
) -> None:
    house.extract("files", config=write_files({"first.csv": FIRST}))
    house.build()
    house.extract("files", config=write_files({"second.csv": SECOND}))
    # Another run lists the new load, and dies before it judged it.
    listing = ["run", "--quiet", "--select", "int_loads__pending"]
    assert transform.run_dbt(listing, house.settings, house.warehouse) == 0
    # This one publishes what was judged before, and has not seen the new load.
    publishing = ["run", "--quiet", "--select", "bars_1m bars_intraday bars_1d"]
    assert transform.run_dbt(publishing, house.settings, house.warehouse) == 0
    assert house.query(MINUTES) == [(1,)]

    house.build()
    assert house.query(MINUTES) == [(2,)]
    # A day that came in two loads is measured by both.
    assert house.query("select bar_count from core.day_profiles") == [(2,)]


def test_second_build_at_once_is_refused_with_a_sentence(house: House) -> None:
    with (
        held(transform.build_lock(house.settings), AssertionError("the lock is free")),
        pytest.raises(BarhouseError, match="Another build of this warehouse is running"),
    ):
        house.build()
