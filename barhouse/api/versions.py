"""Of what an answer depends on, the versions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from barhouse.api.choices import MART_MINUTES
from barhouse.api.queries import BarsQuery

#: Labels this late leave room for the days of their bar.
LAST_LABEL: Final = date(9900, 1, 1)
#: Aggregates that longer bars are read from. Each is refreshed after the minutes have changed, and
#: has versions of its own: between the two an answer is still of the state before.
_ROLLUPS: Final = tuple(f"core.rollup_{name}" for count, name in MART_MINUTES.items() if count > 1)

VERSIONS: Final = """
select part, version
from ops.ops_answer_versions($1::bigint[], $2::date, $3::date)
where part = any($4::text[])
order by part
"""


def versions_statement(query: BarsQuery) -> tuple[str, list[object]]:
    """Return the statement that gives the versions of what an answer depends on.

    Args:
        query: Which bars.
    """
    timeframe = query.timeframe
    parts = {"warehouse", "symbols", "core.bars_1m"}
    if not timeframe.is_intraday:
        parts |= {"core.bars_1d", "core.rollup_1d"}
    elif timeframe.count > 1:
        parts |= {"core.bars_intraday", "calendar", *_ROLLUPS}
    if query.adjusted != "raw":
        parts.add("factors")
    if "is_final" in query.columns:
        parts |= {"reach", "calendar"}
    last = min(query.days[1], LAST_LABEL) + timedelta(days=timeframe.days - 1)
    return VERSIONS, [list(query.instruments), query.days[0], last, sorted(parts)]
