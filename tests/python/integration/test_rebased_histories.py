"""A provider restates its whole history by nothing that we know of: no part of it is mixed in."""

from __future__ import annotations

from datetime import UTC, datetime

from house_kit import ROOT, House
from test_actions_kit import Reporter

from barhouse.rebased import plan_refetch

#: Eight sessions that were published, and the two that follow.
DAYS = [f"2024-01-{day:02d}" for day in (2, 3, 4, 5, 8, 9, 10, 11)]
NEXT = ["2024-01-12", "2024-01-16"]
OLD = {day: str(60 + place) for place, day in enumerate(DAYS)}
#: What the provider says of them later, restated for a split on the first of the two.
HALVES = {day: str(30 + place / 2) for place, day in enumerate([*DAYS, *NEXT])}
PART = {day: HALVES[day] for day in [*DAYS[-4:], NEXT[0]]}
PUBLISHED = {day: float(close) for day, close in OLD.items()}
BEFORE = datetime(2024, 1, 11, 23, tzinfo=UTC)


def closes(house: House, symbol: str) -> dict[str, float]:
    query = "select session_date::text, close::float from marts.bars_1d where symbol = %s"
    return dict(house.query(query, symbol))


def held(house: House, symbol: str) -> dict[str, tuple[str, str]]:
    query = "select session_date::text, state, rules from quality.quarantine where symbol = %s"
    return {day: (state, rules) for day, state, rules in house.query(query, symbol)}


def yahoo(symbol: str, days: dict[str, str], fetched_at: datetime | None = None) -> Reporter:
    given = {} if fetched_at is None else {"fetched_at": fetched_at}
    return Reporter("yahoo", symbol, **given).days(days, basis="split")


def test_part_of_a_restated_history_waits_until_all_of_it_or_its_split_is_there(
    house: House,
) -> None:
    for symbol in ("KO", "PEP"):
        yahoo(symbol, OLD, BEFORE).land(house)
    house.build()
    assert closes(house, "KO") == PUBLISHED

    # The last four days come again at half their prices, with a new one; no split is known.
    for symbol in ("KO", "PEP"):
        yahoo(symbol, PART).land(house)
    house.build()
    for symbol in ("KO", "PEP"):
        assert closes(house, symbol) == PUBLISHED
        assert held(house, symbol) == dict.fromkeys(PART, ("open", "rebased"))
    ((reason,),) = house.query(
        "select reason from quality.quarantine where symbol = 'KO' and session_date = %s", NEXT[0]
    )
    assert "barhouse backfill --rebased" in reason
    # All that stands is asked for, with the actions that may explain it.
    (ask,) = plan_refetch(house.warehouse).asks
    assert (ask.provider, ask.datasets) == ("yahoo", ("actions", "bars"))
    whole = (datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 1, 12, tzinfo=UTC))
    assert ask.ranges(ROOT) == {("KO", "1d"): [whole], ("PEP", "1d"): [whole]}
    assert [ask.symbol for ask in plan_refetch(house.warehouse, symbol="PEP").asks[0].holes] == [
        "PEP"
    ]

    # It is no accident of one build. Another provider's day is published beside it, and a split
    # that becomes known explains all.
    Reporter("polygon", "KO").days({NEXT[0]: "66", NEXT[1]: "67"}).land(house)
    Reporter("yahoo", "PEP").split(NEXT[0], "2").land(house)
    house.build()
    assert closes(house, "KO") == {**PUBLISHED, NEXT[0]: 66, NEXT[1]: 67}
    assert {day: state for day, (state, _) in held(house, "KO").items()} == {
        **dict.fromkeys(DAYS[-4:], "open"),
        NEXT[0]: "cleared",
    }
    assert closes(house, "PEP") == {**PUBLISHED, NEXT[0]: float(HALVES[NEXT[0]])}
    assert {state for state, _ in held(house, "PEP").values()} == {"cleared"}

    # All that stands of it comes again: it is replaced as a whole, and that stays on record.
    yahoo("KO", {day: HALVES[day] for day in DAYS}).land(house)
    house.build()
    halves = {day: float(HALVES[day]) for day in DAYS}
    assert closes(house, "KO") == {**halves, NEXT[0]: 66, NEXT[1]: 67}
    assert {state for state, _ in held(house, "KO").values()} == {"cleared"}
    assert plan_refetch(house.warehouse).asks == []
    restated = house.query(
        "select count(*), min(kind), max(kind) from quality.restatements where symbol = 'KO'"
    )
    assert restated == [(len(DAYS), "restated", "restated")]
