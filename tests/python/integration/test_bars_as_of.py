"""What was known then: bars as of an instant, and what changed them since."""

from __future__ import annotations

import time

from house_kit import House
from test_actions_kit import Reporter

AS_OF = "select session_date::text, close::text, provider from core.bars_1d_as_of(%s) order by 1"
NOW = "select clock_timestamp()"


def test_bars_are_what_was_known_at_each_instant(house: House) -> None:
    moments = [house.query(NOW)[0][0]]
    # A provider of low rank; later one that is preferred takes a day over and restates it once.
    Reporter("yahoo").days({"2024-01-04": "60", "2024-01-05": "61"}).land(house)
    house.build()
    moments.append(house.query(NOW)[0][0])
    Reporter("polygon").days({"2024-01-05": "61.5", "2024-01-08": "62"}).land(house)
    house.build()
    moments.append(house.query(NOW)[0][0])
    time.sleep(0.01)
    Reporter("polygon").days({"2024-01-05": "61.75"}).land(house)
    house.build()
    moments.append(house.query(NOW)[0][0])

    first, fifth = ("2024-01-04", "60", "yahoo"), "2024-01-05"
    eighth = ("2024-01-08", "62", "polygon")
    known = [[tuple(row) for row in house.query(AS_OF, moment)] for moment in moments]
    plain = [[(day, close.rstrip("0").rstrip("."), who) for day, close, who in k] for k in known]
    assert plain == [
        [],
        [("2024-01-04", "60", "yahoo"), (fifth, "61", "yahoo")],
        [first, (fifth, "61.5", "polygon"), eighth],
        [first, (fifth, "61.75", "polygon"), eighth],
    ]
    # Today's knowledge is the table itself.
    assert house.query(
        "select count(*) from core.bars_1d_as_of(now()) as known full join core.bars_1d as bars"
        " using (instrument_id, session_date, close, provider, load_id)"
        " where known.loaded_at is null or bars.loaded_at is null"
    ) == [(0,)]
    assert house.query(
        "select session_date::text, kind, provider_before, provider_after, close_before::text,"
        " close_after::text, round(largest_price_change::numeric, 6)::text, lateness_seconds > 0"
        " from quality.restatements order by revised_at"
    ) == [
        (fifth, "other_provider", "yahoo", "polygon", "61", "61.5", "0.008197", True),
        (fifth, "restated", "polygon", "polygon", "61.5", "61.75", "0.004065", True),
    ]
