"""Rate budgets and retries: with a clock that only moves when somebody waits."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.api.calls import Budget, Caller, RetryPolicy, StoppedError
from extract.api.feed import Fault, FaultError


class Clock:
    """Seconds that pass only when told; ``Stopped`` waits on it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Stopped(threading.Event):
    """The stop signal of a run; waiting on it moves the clock instead."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0)
        self.clock.now += timeout or 0
        return self.is_set()


class Api:
    """Fails with these faults, in order, and then answers."""

    def __init__(self, *faults: Fault | Exception) -> None:
        self.faults = list(faults)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.faults:
            fault = self.faults.pop(0)
            raise FaultError(fault) if isinstance(fault, Fault) else fault
        return "answer"


def caller(policy: RetryPolicy | None = None) -> tuple[Caller, Stopped, Budget]:
    clock = Clock()
    stopped = Stopped(clock)
    budget = Budget(60_000, clock=clock)
    fault = lambda error: Fault("failed", f"{type(error).__name__}: {error}")  # noqa: E731
    return Caller(budget, fault, policy or RetryPolicy(), stopped), stopped, budget


def turns(budget: Budget, clock: Clock, count: int) -> list[float]:
    """When each of some requests goes, if each waits for its turn before the next asks."""
    out = []
    for _ in range(count):
        clock.now += budget.reserve()
        out.append(round(clock.now - 100, 6))
    return out


def test_requests_are_spread_evenly_after_the_burst() -> None:
    clock = Clock()
    assert turns(Budget(60, burst=3, clock=clock), clock, 6) == [0, 0, 0, 1, 2, 3]


def test_pause_earns_the_burst_back_and_no_more() -> None:
    clock = Clock()
    budget = Budget(60, burst=2, clock=clock)
    turns(budget, clock, 4)
    clock.now += 1_000
    assert turns(budget, clock, 4) == [1002, 1002, 1003, 1004]


@given(
    per_minute=st.floats(1, 600),
    burst=st.integers(1, 10),
    idle=st.lists(st.floats(0, 30), min_size=1, max_size=60),
)
def test_no_minute_ever_holds_more_than_rate_and_burst(
    per_minute: float, burst: int, idle: list[float]
) -> None:
    clock = Clock()
    budget = Budget(per_minute, burst=burst, clock=clock)
    gone = []
    for pause in idle:
        clock.now += pause
        clock.now += budget.reserve()
        gone.append(clock.now)
    for first in gone:
        assert sum(first <= at < first + 60 for at in gone) <= per_minute + burst + 1


def test_hold_keeps_everybody_back() -> None:
    clock = Clock()
    budget = Budget(60, burst=5, clock=clock)
    budget.hold(30)
    assert turns(budget, clock, 2)[0] == 30
    budget.hold(1)
    budget.hold(0.5)
    assert budget.reserve() >= 1


def test_fault_that_may_pass_is_tried_again_and_counted() -> None:
    ask, stopped, _budget = caller()
    api = Api(Fault("retry", "HTTP 500"), Fault("retry", "HTTP 502"))
    assert ask(api) == "answer"
    assert (api.calls, ask.retry_count) == (3, 2)
    assert ask.wait_seconds == pytest.approx(sum(w for w in stopped.waits if w > 0.01), abs=0.01)


def test_wait_doubles_up_to_its_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extract.api.calls.random.uniform", lambda _low, high: high)
    ask, stopped, _budget = caller(RetryPolicy(attempts=6, longest_seconds=5))
    with pytest.raises(FaultError, match="HTTP 500"):
        ask(Api(*[Fault("retry", "HTTP 500")] * 6))
    assert [wait for wait in stopped.waits if wait >= 0.5] == [1, 2, 4, 5, 5]


def test_retry_after_is_waited_out_and_holds_all_requests() -> None:
    ask, stopped, budget = caller()
    assert ask(Api(Fault("rate_limited", "HTTP 429", retry_after=20))) == "answer"
    assert max(stopped.waits) >= 20
    assert ask.wait_seconds >= 20
    clock_free = budget.reserve()
    assert clock_free < 1


def test_rate_limit_of_one_request_slows_the_others() -> None:
    ask, stopped, budget = caller()
    seen = []

    def other() -> str:
        seen.append(budget.reserve())
        return "other"

    class Hasty(Api):
        def __call__(self) -> str:
            if self.calls == 1:
                other()
            return super().__call__()

    stopped.wait = lambda timeout=None: False  # type: ignore[method-assign] - nobody waits
    ask(Hasty(Fault("rate_limited", "HTTP 429", retry_after=20)))
    assert seen[0] >= 20


@pytest.mark.parametrize("kind", ["failed", "not_permitted", "refused"])
def test_fault_that_stays_is_not_tried_again(kind: str) -> None:
    ask, _stopped, _budget = caller()
    api = Api(Fault(kind, "no"))  # type: ignore[arg-type]
    with pytest.raises(FaultError, match="no"):
        ask(api)
    assert api.calls == 1


def test_endless_retry_after_is_given_up() -> None:
    ask, _stopped, _budget = caller()
    api = Api(Fault("rate_limited", "HTTP 429", retry_after=6 * 3600))
    with pytest.raises(FaultError):
        ask(api)
    assert api.calls == 1


def test_exception_of_the_sdk_is_told_by_the_feed() -> None:
    ask, _stopped, _budget = caller()
    with pytest.raises(FaultError, match="KeyError: 'results'") as caught:
        ask(Api(KeyError("results")))
    assert caught.value.fault.kind == "failed"
    assert isinstance(caught.value.__cause__, KeyError)


def test_stop_ends_the_wait_at_once() -> None:
    ask, stopped, _budget = caller()
    stopped.set()
    api: Callable[[], str] = Api(Fault("retry", "HTTP 500"))
    with pytest.raises(StoppedError):
        ask(api)


def test_headers_that_say_nothing_is_left_hold_back() -> None:
    ask, _stopped, budget = caller()
    ask.told(remaining=3, reset_after=50)
    assert budget.reserve() < 1
    ask.told(remaining=0, reset_after=50)
    assert budget.reserve() >= 49
