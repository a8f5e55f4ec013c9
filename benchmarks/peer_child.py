"""The peers, in a process and an environment of their own: a line of JSON each way.

    python -m benchmarks.peer_child MARKET FOLDER

``{"peer": "DuckDB", "write": "minutes", "first": 0, "end": 9}`` writes or appends sessions,
``"write": "days"`` all daily bars, ``{"peer": "DuckDB", "ask": "days_one"}`` answers. Each says how
long it took, measured here, and what came out: rows and bytes, or the digest of the answer.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.arctic_side import ArcticDB
from benchmarks.duckdb_side import DuckDB
from benchmarks.generator import DAY, Market, digest, total
from benchmarks.questions import Asked


def main() -> None:
    """Do what the lines of standard input say."""
    asked = Asked(Market.read(Path(sys.argv[1])))
    folder = Path(sys.argv[2])
    peers = {
        "DuckDB": DuckDB(folder / "parquet", asked),
        "ArcticDB": ArcticDB(folder / "arctic", asked),
    }
    for line in sys.stdin:
        wish = json.loads(line)
        peer = peers[wish["peer"]]
        said = _asked(peer, wish["ask"]) if "ask" in wish else _written(peer, asked.market, wish)
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


def _asked(peer: Any, name: str) -> dict[str, Any]:
    began = time.perf_counter()
    frames = peer.answer(name)
    taken = time.perf_counter() - began
    return {"seconds": taken, "digest": total([digest(frame) for frame in frames])}


def _written(peer: Any, market: Market, wish: dict[str, Any]) -> dict[str, Any]:
    if wish["write"] == "days":
        bars = {symbol: market.days(n) for n, symbol in enumerate(market.day_symbols)}
    else:
        sessions = market.minute_sessions[wish["first"] : wish["end"]]
        span = sessions[0].midnight, sessions[-1].midnight + DAY
        bars = {
            symbol: market.minutes(n).between(*span)
            for n, symbol in enumerate(market.minute_symbols)
        }
    seconds, size = peer.write(wish["write"], bars)
    return {"seconds": seconds, "rows": sum(map(len, bars.values())), "bytes": size}


if __name__ == "__main__":
    main()
