"""A provider's fake in a process of its own, which renders an answer once and then repeats it.

    python -m benchmarks.market_server alpaca [--weather]

prints its URL and serves until it is killed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "python" / "providers"))

from wire_kit import HANG_UP, Answer, Request, Weather, WireServer, truncated

MARKETS = {
    "alpaca": ("alpaca_server", "Alpaca"),
    "polygon": ("polygon_server", "PolygonMarket"),
}


class Kept:
    """A handler that renders the answer to a request once."""

    def __init__(self, handler: Any) -> None:
        self._handler = handler
        self._kept: dict[tuple[str, str | None], Answer] = {}

    def __call__(self, request: Request) -> Answer:
        key = request.target, request.headers.get("Authorization")
        answer = self._kept.get(key)
        if answer is None:
            answer = self._handler(request)
            if not isinstance(answer.body, bytes | str):
                content = json.dumps(answer.body).encode()
                answer = Answer(content, answer.status, answer.headers)
            if answer.status == 200:
                self._kept[key] = answer
        return answer


def bad_weather() -> Weather:
    """Every fifth request is too many, every seventeenth fails, some break off."""
    return Weather(
        {
            5: Answer({"message": "too many requests."}, 429, {"Retry-After": "0"}),
            13: HANG_UP,
            17: Answer({"message": "internal server error"}, 500),
            19: truncated,
        }
    )


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("provider", choices=MARKETS)
    parser.add_argument("--weather", action="store_true")
    given = parser.parse_args()
    module, name = MARKETS[given.provider]
    handler = Kept(getattr(importlib.import_module(module), name)())
    server = WireServer(handler, weather=bad_weather() if given.weather else None)
    sys.stdout.write(server.url + "\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
