"""What must hold, of what was measured."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.publishing import Published
from benchmarks.storing import Stored
from benchmarks.table import BARHOUSE, Goal, Row


def goals_of(
    published: Published, stored: Stored, asked: Mapping[str, Row], restored: Row
) -> list[Goal]:
    """Return all goals, in the order of the table.

    Args:
        published: Of ``benchmarks.publishing``.
        stored: Of ``benchmarks.storing``.
        asked: Rows of ``benchmarks.queries``, by question.
        restored: Minutes that came back from the lake.
    """
    load = published.load.against("COPY")
    little, much = published.days
    indicators = asked["indicators"].seconds
    talib = 3 * indicators["TA-Lib"] + indicators["fetch"]
    return [
        Goal("load, speed : COPY", 0.35, 1 / load if load else None, is_least=True),
        Goal("one more session, all history : a part of it", 1.2, much / little),
        Goal("build with nothing new", 15, published.nothing, unit=" s"),
        Goal("rows it writes to core", 0, published.core_rows),
        Goal("compressed minute, bytes a row", 24, stored.compressed_size),
        Goal("days of 1 symbol, time : DuckDB", 0.15, asked["days_one"].against("DuckDB")),
        Goal("days of many symbols, time : best peer", 0.5, asked["days_many"].ratio),
        Goal("days of all minutes, time : best peer", 0.1, asked["days_of_minutes"].ratio),
        Goal("adjusted days of many symbols, time : raw", 1.5, asked["adjusted"].ratio),
        Goal("export, rows/s", 300_000, stored.exported.speed, is_least=True),
        Goal("restore, rows/s", 150_000, restored.speed, is_least=True),
        Goal("days of 1 symbol, time : ArcticDB", 1.5, asked["days_one"].against("ArcticDB")),
        Goal(
            "days of 1 symbol, cached, time : ArcticDB",
            0.5,
            asked["days_one_cached"].against("ArcticDB"),
        ),
        Goal("minutes through the lake, time : ArcticDB", 2, asked["lake"].against("ArcticDB")),
        Goal(
            "minutes, cached, time : ArcticDB", 1, asked["minutes_one_cached"].against("ArcticDB")
        ),
        Goal("6 indicators, time : 3 times TA-Lib and the fetch", 1, indicators[BARHOUSE] / talib),
        Goal("`from barhouse import DataAPI`", 0.4, asked["import_api"].ours, unit=" s"),
    ]
