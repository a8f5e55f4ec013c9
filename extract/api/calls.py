"""Requests under a rate budget, made again when that may help.

A :class:`Budget` spaces out the requests of one key, whatever number of threads make them; a
:class:`Caller` is the :class:`extract.api.feed.Ask` of one window: it waits for its turn, calls,
and on a fault that may pass waits with exponential backoff and jitter, or as long as the provider
says, and calls again.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import tenacity

from extract.api.feed import Fault, FaultError

T = TypeVar("T")


class StoppedError(Exception):
    """The run was stopped while a request waited; nothing became of it."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently a request is made again.

    Attributes:
        attempts: Requests in all.
        backoff_seconds: The first wait is up to so long; it doubles with each further one.
        longest_seconds: No wait of ours is longer.
        longest_told_seconds: A provider that wants a longer wait is given up for this run.
    """

    attempts: int = 8
    backoff_seconds: float = 1.0
    longest_seconds: float = 60.0
    longest_told_seconds: float = 900.0


class Budget:
    """The requests that one key may make: so many a minute, evenly, after a pause some at once."""

    def __init__(
        self,
        requests_per_minute: float,
        burst: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with a full burst.

        Args:
            requests_per_minute: The rate.
            burst: How many may go at once after a pause.
            clock: Seconds that only grow.
        """
        self._interval = 60 / requests_per_minute
        self._tolerance = (burst - 1) * self._interval
        self._clock = clock
        # When the next request would be due if all went evenly, and until when all are held back.
        self._due_at = clock()
        self._held_until = self._due_at
        self._lock = threading.Lock()

    def reserve(self) -> float:
        """Take the next turn and return the seconds until it comes."""
        with self._lock:
            now = self._clock()
            self._due_at = max(self._due_at, now, self._held_until)
            turn_at = max(self._due_at - self._tolerance, self._held_until)
            self._due_at += self._interval
            return max(0.0, turn_at - now)

    def hold(self, seconds: float) -> None:
        """Hold all requests back, because the provider said so.

        Args:
            seconds: How long from now; a shorter hold than the one in force changes nothing.
        """
        with self._lock:
            self._held_until = max(self._held_until, self._clock() + seconds)


class Caller:
    """The requests of one window; keeps count of what it took.

    Attributes:
        retry_count: Requests that were made again.
        wait_seconds: Time spent waiting before them.
    """

    def __init__(
        self,
        budget: Budget,
        fault: Callable[[Exception], Fault],
        policy: RetryPolicy,
        stopped: threading.Event,
    ) -> None:
        """Make no request yet.

        Args:
            budget: Shared by all callers of one key.
            fault: Says what an error of the SDK means.
            policy: When to give up.
            stopped: Once set, waiting ends with :class:`StoppedError`.
        """
        self.retry_count = 0
        self.wait_seconds = 0.0
        self._budget = budget
        self._fault = fault
        self._policy = policy
        self._stopped = stopped

    def __call__(self, call: Callable[[], T]) -> T:
        """Make one request; see :class:`extract.api.feed.Ask`."""
        retrying = tenacity.Retrying(
            sleep=self._sleep_before_retry,
            wait=self._wait_seconds,
            stop=tenacity.stop_after_attempt(self._policy.attempts),
            retry=tenacity.retry_if_exception(self._may_pass),
            reraise=True,
        )
        result: T = retrying(self._once, call)
        return result

    def take_turn(self) -> None:
        """Wait for a turn under the budget."""
        self._sleep(self._budget.reserve())

    def told(self, *, remaining: int, reset_after: float) -> None:
        """Note what rate-limit headers said."""
        if remaining <= 0 and 0 < reset_after <= self._policy.longest_told_seconds:
            self._budget.hold(reset_after)

    def _once(self, call: Callable[[], T]) -> T:
        self.take_turn()
        try:
            return call()
        except (FaultError, StoppedError):
            raise
        except Exception as error:
            raise FaultError(self._fault(error)) from error

    def _may_pass(self, error: BaseException) -> bool:
        if not isinstance(error, FaultError) or error.fault.kind not in ("retry", "rate_limited"):
            return False
        return (error.fault.retry_after or 0) <= self._policy.longest_told_seconds

    def _wait_seconds(self, state: tenacity.RetryCallState) -> float:
        ceiling = min(
            self._policy.longest_seconds,
            self._policy.backoff_seconds * 2 ** (state.attempt_number - 1),
        )
        wait = random.uniform(0, ceiling)  # noqa: S311 - jitter, not a secret
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, FaultError):
            wait += error.fault.retry_after or 0
            if error.fault.kind == "rate_limited":
                self._budget.hold(wait)
        return wait

    def _sleep_before_retry(self, seconds: float) -> None:
        self.retry_count += 1
        self.wait_seconds += seconds
        self._sleep(seconds)

    def _sleep(self, seconds: float) -> None:
        if self._stopped.wait(seconds) if seconds > 0 else self._stopped.is_set():
            raise StoppedError
