"""Providers report the same actions: what they agree on moves prices, what is in doubt waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from house_kit import House
from test_actions_kit import Reporter

# Every session from 2023-12-01 to 2024-01-05: more than the twenty that may stop a build.
BEFORE = [f"2023-12-{day:02d}" for day in (1, *range(4, 9), *range(11, 16), *range(18, 23))]
BEFORE += ["2023-12-26", "2023-12-27", "2023-12-28", "2023-12-29"]
BEFORE += ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]
EX_DATE = "2024-01-08"
SEED = "seeds/action_overrides.csv"


@pytest.fixture
def house(new_house: Callable[..., House], project_copy: Path) -> House:
    """A warehouse on a project of its own, so that a test may edit the seed."""
    return new_house(project_copy)


def decide(house: House, *lines: str) -> None:
    """Write the lines of the seed anew."""
    seed = house.settings.project_dir / SEED
    header = seed.read_text().splitlines()[0]
    seed.write_text("\n".join([header, *lines]) + "\n")


def split_adjusted(house: House, day: str = "2024-01-05") -> float:
    ((close,),) = house.query(
        "select close from marts.bars_1d_split_adjusted where session_date = %s", day
    )
    return float(close)


def raw(house: House) -> dict[str, float]:
    rows = house.query("select session_date::text, close from marts.bars_1d order by 1")
    return {day: float(close) for day, close in rows}


def ledger(house: House) -> list[tuple]:
    return house.query(
        "select ex_date::text, agreement, is_applied from core.corporate_actions order by 1"
    )


def states(house: House) -> list[tuple]:
    return house.query(
        "select state, rules, count(*) from quality.quarantine group by 1, 2 order by 1"
    )


def test_two_providers_that_agree_make_one_split(house: House) -> None:
    # One of them names a Saturday; the preferred one's day stands.
    prices = {"2024-01-05": "60", EX_DATE: "30"}
    Reporter("polygon").days(prices).split(EX_DATE, "2", "E1").land(house)
    Reporter("yahoo").split("2024-01-06", "2").land(house)
    house.build()
    assert ledger(house) == [(EX_DATE, "agreed", True)]
    assert split_adjusted(house) == 30
    assert house.query("select count(*) from quality.action_conflicts") == [(0,)]


def test_conflicting_split_moves_no_price_until_it_is_confirmed(house: House) -> None:
    prices = {"2024-01-05": "60", EX_DATE: "30"}
    Reporter("polygon").days(prices).split(EX_DATE, "2").land(house)
    Reporter("yahoo").split(EX_DATE, "3").land(house)
    house.build()
    assert ledger(house) == [(EX_DATE, "conflicting", False)]
    assert split_adjusted(house) == 60
    ((reports, before, after, confirm, reject),) = house.query(
        "select reports, close_before, open_after, line_to_confirm, line_to_reject"
        " from quality.action_conflicts"
    )
    assert reports == f"polygon 2 on {EX_DATE}, yahoo 3 on {EX_DATE}"
    assert (before, after) == (60, 30)
    assert (confirm, reject) == (
        f"equity,KO,split,{EX_DATE},2,,confirm,",
        f"equity,KO,split,{EX_DATE},,,reject,",
    )

    decide(house, confirm + "60 became 30")
    house.build()
    assert ledger(house) == [(EX_DATE, "confirmed", True)]
    assert split_adjusted(house) == 30

    decide(house, reject + "it never was")
    house.build()
    assert ledger(house) == [(EX_DATE, "rejected", False)]
    assert split_adjusted(house) == 60


def test_split_that_the_prices_contradict_is_held_back(house: House) -> None:
    prices = {"2024-01-05": "60", EX_DATE: "59"}
    Reporter("polygon").days(prices).split(EX_DATE, "2").land(house)
    Reporter("yahoo").split(EX_DATE, "2").land(house)
    house.build()
    assert ledger(house) == [(EX_DATE, "implausible", False)]
    assert split_adjusted(house) == 60
    assert house.query("select held_back_reason, price_jump from quality.action_conflicts") == [
        ("the price went from 60 to 59, not by the ratio", pytest.approx(59 / 60))
    ]

    decide(house, f"equity,KO,split,{EX_DATE},,,confirm,the bars are wrong")
    house.build()
    assert ledger(house) == [(EX_DATE, "confirmed", True)]
    assert split_adjusted(house) == 30


def test_restated_bars_wait_for_the_split_they_were_restated_for(house: House) -> None:
    days = dict.fromkeys(BEFORE, "30") | {EX_DATE: "31"}
    yahoo = Reporter("yahoo").days(days, basis="split").split(EX_DATE, "2")
    yahoo.asked_for_actions("2023-01-01").land(house)
    Reporter("polygon").split(EX_DATE, "3").land(house)
    house.build()
    # The days before the split are held back, though they are nearly all of the load.
    assert raw(house) == {EX_DATE: 31}
    assert states(house) == [("open", "basis_uncertain", len(BEFORE))]

    # Confirmed otherwise than their own provider has it: still nobody knows what was traded.
    decide(house, f"equity,KO,split,{EX_DATE},3,,confirm,filing")
    house.build()
    assert raw(house) == {EX_DATE: 31}
    assert states(house) == [("open", "basis_uncertain", len(BEFORE))]

    decide(house, f"equity,KO,split,{EX_DATE},2,,confirm,filing")
    house.build()
    assert raw(house) == dict.fromkeys(BEFORE, 60) | {EX_DATE: 31}
    assert states(house) == [("cleared", "basis_uncertain", len(BEFORE))]

    # Nothing more changes, and nothing is looked at again.
    house.build()
    assert house.query("select count(*) from core.bar_revisions") == [(0,)]
    assert house.query("select count(*) from prep.int_bars__judged") == [(0,)]


def test_published_bars_follow_a_split_that_is_decided_otherwise(house: House) -> None:
    Reporter("interactive_brokers").days({"2024-01-05": "30", EX_DATE: "30"}, "split").land(house)
    Reporter("polygon").split(EX_DATE, "2").land(house)
    house.build()
    assert raw(house) == {"2024-01-05": 60, EX_DATE: 30}

    decide(house, f"equity,KO,split,{EX_DATE},3,,confirm,filing")
    house.build()
    assert raw(house) == {"2024-01-05": 90, EX_DATE: 30}

    decide(house)
    house.build()
    assert raw(house) == {"2024-01-05": 60, EX_DATE: 30}

    # Found in conflict later: what stands stays, and the day says that it is in doubt.
    Reporter("alpaca").split(EX_DATE, "4").land(house)
    house.build()
    assert raw(house) == {"2024-01-05": 60, EX_DATE: 30}
    assert states(house) == [("open", "basis_uncertain", 1)]
    ((reason,),) = house.query("select reason from quality.quarantine")
    assert "seeds/action_overrides.csv" in reason

    decide(house, f"equity,KO,split,{EX_DATE},4,,confirm,filing")
    house.build()
    assert raw(house) == {"2024-01-05": 120, EX_DATE: 30}
    assert states(house) == [("cleared", "basis_uncertain", 1)]


def test_dividends_of_two_providers_are_compared_as_traded(house: House) -> None:
    prices = {"2023-12-01": "60", "2024-01-05": "60", EX_DATE: "30"}
    polygon = Reporter("polygon").days(prices).split(EX_DATE, "2")
    polygon.dividend("2023-12-04", "0.46").dividend("2024-01-16", "0.5").land(house)
    yahoo = Reporter("yahoo").split(EX_DATE, "2").dividend("2023-12-04", "0.23", "split")
    yahoo.dividend("2024-01-16", "0.4").land(house)
    # Nobody reports the third.
    decide(house, "equity,KO,cash_dividend,2023-12-18,,0.1,confirm,special")
    house.build()
    assert house.query(
        "select ex_date::text, agreement, is_applied, trim_scale(dividend_amount)::text, provider"
        " from core.corporate_actions where action_type = 'cash_dividend' order by 1"
    ) == [
        ("2023-12-04", "agreed", True, "0.46", "polygon"),
        ("2023-12-18", "confirmed", True, "0.1", "override"),
        ("2024-01-16", "conflicting", False, "0.5", "polygon"),
    ]
