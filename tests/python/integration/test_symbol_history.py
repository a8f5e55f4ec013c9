"""A symbol means an instrument for a time: renames, symbols used again, delisting, and their seed.

The shipped seed has FB, which became META on 2022-06-09, and TWTR, whose last day was 2022-10-27.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from house_kit import House
from test_actions_kit import Reporter

from barhouse.errors import BarhouseError

DAYS = "select symbol, session_date::text, close::text, provider from marts.bars_1d order by 2, 1"
ADJUSTED = (
    "select symbol, session_date::text, round(close::numeric, 6)::text from marts.bars_1d_adjusted"
    " order by 2, 1"
)


def test_renamed_instrument_is_one_and_a_strange_day_is_held_back(house: House) -> None:
    Reporter("polygon", "FB").days({"2022-06-07": "195", "2022-06-08": "196"}).land(house)
    Reporter("polygon", "FB").dividend("2022-06-08", "5").land(house)
    # The fund that had the symbol META before is not Meta Platforms.
    Reporter("polygon", "META").days(
        {"2021-12-01": "15", "2022-06-09": "184", "2022-06-10": "175"}
    ).land(house)
    # Yahoo gives the history of who has the symbol now, under that symbol.
    Reporter("yahoo", "META").days({"2022-06-06": "194", "2022-06-08": "1"}).land(house)
    Reporter("polygon", "TWTR").days({"2022-10-27": "53", "2022-10-31": "53"}).land(house)
    house.build()

    assert house.query(DAYS) == [
        ("FB", "2022-06-06", "194", "yahoo"),
        ("FB", "2022-06-07", "195", "polygon"),
        ("FB", "2022-06-08", "196", "polygon"),
        ("META", "2022-06-09", "184", "polygon"),
        ("META", "2022-06-10", "175", "polygon"),
        ("TWTR", "2022-10-27", "53", "polygon"),
    ]
    # One instrument: a dividend under the old symbol adjusts what is before it, nothing after.
    assert house.query(ADJUSTED)[:3] == [
        ("FB", "2022-06-06", "189.025641"),
        ("FB", "2022-06-07", "190.000000"),
        ("FB", "2022-06-08", "196.000000"),
    ]
    assert house.query(
        "select symbol, instrument, listed_from_date::text, listed_until_date::text,"
        " tick_size::text from core.instruments order by 1"
    ) == [
        ("META", "META", "2012-05-18", "9999-12-31", "0.010000000000000000"),
        ("TWTR", "TWTR", "2013-11-07", "2022-10-28", "0.010000000000000000"),
    ]
    assert house.query(
        "select session_date::text, rules from quality.quarantine order by session_date"
    ) == [("2021-12-01", "not_listed"), ("2022-10-31", "not_listed")]
    # A week in which the symbol changed is one week, under the symbol of its last day.
    assert house.query(
        "select symbol, session_count from marts.bars_1w where week_start_date = '2022-06-06'"
    ) == [("META", 5)]


def test_listing_changed_later_stops_the_build_until_all_is_named_anew(
    new_house: Callable[..., House], project_copy: Path
) -> None:
    house = new_house(project_copy)
    Reporter("polygon", "OLD").days({"2022-06-07": "10"}).land(house)
    Reporter("polygon", "NEW").days({"2022-06-09": "11"}).land(house)
    house.build()
    listings = project_copy / "seeds" / "symbol_listings.csv"
    shipped = listings.read_text(encoding="utf-8")
    listings.write_text(
        shipped + "equity,NEW,OLD,2010-01-01,2022-06-09,renamed\nequity,NEW,NEW,2022-06-09,,\n",
        encoding="utf-8",
    )
    Reporter("polygon", "NEW").days({"2022-06-10": "12"}).land(house)
    with pytest.raises(BarhouseError, match="assert_changed_listings_are_built_by_a_full_refresh"):
        house.build()
    assert house.query("select count(*), count(distinct instrument_id) from core.bars_1d") == [
        (2, 2)
    ]

    house.build(full_refresh=True)
    assert house.query("select count(*), count(distinct instrument_id) from core.bars_1d") == [
        (3, 1)
    ]
    # A listing that ends is taken in as it is; bars from then on are held back.
    listings.write_text(
        shipped
        + "equity,NEW,OLD,2010-01-01,2022-06-09,renamed\n"
        + "equity,NEW,NEW,2022-06-09,2022-06-13,bought\n",
        encoding="utf-8",
    )
    Reporter("polygon", "NEW").days({"2022-06-13": "12"}).land(house)
    house.build()
    assert house.query("select session_date::text, rules from quality.quarantine") == [
        ("2022-06-13", "not_listed")
    ]
