"""A spelling becomes our symbol by the row of raw_assets that lands with or before its bars."""

from __future__ import annotations

from house_kit import House
from test_actions_kit import Reporter

SYMBOLS = "select symbol, count(*) from marts.bars_1d group by symbol order by symbol"


def test_two_spellings_of_one_symbol_are_one_instrument(house: House) -> None:
    # The row lands with the first bars of the one, and before those of the other.
    Reporter("polygon", "BRK.B").days({"2024-01-04": "360"}).land(house)
    Reporter("yahoo", "BRK-B.X").asset("BRK.B").days({"2024-01-05": "361"}).land(house)
    Reporter("acme", "BRKB").asset("BRK.B").land(house)
    Reporter("acme", "BRKB").days({"2024-01-08": "362"}).land(house)
    house.build()
    assert house.query(SYMBOLS) == [("BRK.B", 3)]
    assert house.query("select count(*) from core.instruments") == [(1,)]


def test_spelling_keeps_the_instrument_of_its_first_load(house: House) -> None:
    Reporter("acme", "BRKB").days({"2024-01-04": "360"}).land(house)
    house.build()
    assert house.query(SYMBOLS) == [("BRKB", 1)]

    # Too late: the bars to come stay with those that stand, in one instrument.
    Reporter("acme", "BRKB").asset("BRK.B").days({"2024-01-05": "361"}).land(house)
    house.build()
    assert house.query(SYMBOLS) == [("BRKB", 2)]

    # Made anew from all that landed, the spelling is known from the start.
    house.build(full_refresh=True)
    assert house.query(SYMBOLS) == [("BRK.B", 2)]
