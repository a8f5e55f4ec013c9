"""The engine's caller, quick enough for tests."""

from __future__ import annotations

import threading

from extract.api.calls import Budget, Caller, RetryPolicy
from extract.api.feed import Feed


class Asking(Caller):
    """The real thing with short waits; notes what it is told."""

    def __init__(self, feed: Feed, attempts: int = 3) -> None:
        policy = RetryPolicy(attempts, backoff_seconds=0.001)
        super().__init__(Budget(1e6, burst=1000), feed.fault, policy, threading.Event())
        self.turn_count = 0
        self.rates: list[tuple[int, float]] = []

    def take_turn(self) -> None:
        self.turn_count += 1
        super().take_turn()

    def told(self, *, remaining: int, reset_after: float) -> None:
        self.rates.append((remaining, reset_after))
