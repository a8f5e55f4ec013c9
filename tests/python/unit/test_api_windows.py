"""Windows and coverage: whatever was asked before, the holes are asked, all of them and once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from extract.api.feed import Listing
from extract.api.windows import ceiling, floor, split_range, windows_of, with_time_before
from extract.coverage import Coverage, CoverageKey, subtract

START = datetime(2024, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KEY = CoverageKey("sip", "KO", "bars", "1m", "extended")
LISTING = Listing("KO", "KO", "equity", "XNYS", "USD")


def at(minutes: int) -> datetime:
    return START + minutes * MINUTE


spans = st.tuples(st.integers(0, 300), st.integers(0, 120)).map(
    lambda pair: (at(pair[0]), at(pair[0] + pair[1]))
)
steps = st.sampled_from([MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE, 1440 * MINUTE])


def minutes_of(ranges: list[tuple[datetime, datetime]]) -> list[datetime]:
    out = []
    for start_at, end_at in ranges:
        moment = start_at
        while moment < end_at:
            out.append(moment)
            moment += MINUTE
    return out


@given(whole=spans, parts=st.lists(spans, max_size=8))
def test_holes_are_what_was_wanted_less_what_was_answered(
    whole: tuple[datetime, datetime], parts: list[tuple[datetime, datetime]]
) -> None:
    holes = subtract(whole, parts)
    assert minutes_of(holes) == sorted(set(minutes_of([whole])) - set(minutes_of(parts)))
    assert all(start_at < end_at for start_at, end_at in holes)


@given(whole=spans, parts=st.lists(spans, max_size=8), before=st.integers(0, 90))
def test_last_hole_begins_earlier_and_meets_no_other(
    whole: tuple[datetime, datetime], parts: list[tuple[datetime, datetime]], before: int
) -> None:
    holes = subtract(whole, parts)
    wider = with_time_before(holes, whole[0], before * MINUTE)
    assert wider[:-1] == holes[:-1]
    assert minutes_of(wider) == sorted(set(minutes_of(wider)))
    for (was, until), (start_at, end_at) in zip(holes[-1:], wider[-1:], strict=True):
        assert (end_at, whole[0] <= start_at <= was) == (until, True)
        # Exactly as much, unless the range or the hole before it stops it.
        stops = {whole[0], *(hole_end for _, hole_end in holes[:-1][-1:])}
        assert was - start_at == before * MINUTE or start_at in stops


@given(whole=spans, longest=st.integers(1, 200), step=steps)
def test_pieces_cover_a_range_without_gap_or_overlap(
    whole: tuple[datetime, datetime], longest: int, step: timedelta
) -> None:
    pieces = list(split_range(whole, longest * MINUTE, step))
    assert minutes_of(pieces) == minutes_of([whole])
    width = max(step, longest * MINUTE // step * step)
    assert all(end_at - start_at <= width for start_at, end_at in pieces)
    # Pieces meet on the grid, so that no bar is cut in two.
    assert all(floor(end_at, step) == end_at for _start_at, end_at in pieces[:-1])


@given(whole=spans, answered=st.lists(spans, max_size=5), longest=st.integers(1, 200))
def test_what_was_answered_is_never_asked_again(
    whole: tuple[datetime, datetime],
    answered: list[tuple[datetime, datetime]],
    longest: int,
) -> None:
    coverage = Coverage({KEY: answered})
    holes = coverage.holes(KEY, *whole)
    windows = list(windows_of(LISTING, "bars", "1m", holes, longest=longest * MINUTE, step=MINUTE))
    asked = minutes_of([(window.start_at, window.end_at) for window in windows])
    assert not set(asked) & set(minutes_of(answered))
    assert len(asked) == len(set(asked))
    # Once they are answered too, nothing is left to ask.
    after = Coverage({KEY: [*answered, *((w.start_at, w.end_at) for w in windows)]})
    assert after.holes(KEY, *whole) == []


def test_other_feed_scope_or_timeframe_is_another_question() -> None:
    coverage = Coverage({KEY: [(at(0), at(60))]})
    assert coverage.holes(KEY, at(0), at(60)) == []
    for other in (
        CoverageKey("iex", "KO", "bars", "1m", "extended"),
        CoverageKey("sip", "KO", "bars", "1m", "regular"),
        CoverageKey("sip", "KO", "bars", "5m", "extended"),
        CoverageKey("sip", "PEP", "bars", "1m", "extended"),
    ):
        assert coverage.holes(other, at(0), at(60)) == [(at(0), at(60))]


@given(minutes=st.integers(-10_000_000, 10_000_000), step=steps)
def test_floor_and_ceiling_enclose_a_moment(minutes: int, step: timedelta) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + minutes * MINUTE
    low, high = floor(moment, step), ceiling(moment, step)
    assert low <= moment <= high
    assert high - low in (timedelta(0), step)
