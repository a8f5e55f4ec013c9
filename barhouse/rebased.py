"""Histories that a provider restated as a whole, and what to ask it for."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import psycopg
from psycopg.rows import class_row

from barhouse.backfill import Ask, Hole, Plan, why_not
from barhouse.database import Warehouse
from barhouse.errors import BarhouseError
from barhouse.instruments import find_instrument

# Of an instrument with days held back as restated, all that stands of those providers.
_HISTORIES: Final = """
    with held as (
        select distinct q.instrument_id, string_to_table(q.providers, ', ') as provider
        from quality.quarantine as q
        where q.state = 'open' and string_to_array(q.rules, ', ') @> array['rebased']
            and (%(instrument_id)s::bigint is null or q.instrument_id = %(instrument_id)s::bigint)
    ),
    standing as (
        select b.instrument_id, '1m' as timeframe, b.provider, b.session_date
        from core.bars_1m as b inner join held
            on b.instrument_id = held.instrument_id and b.provider = held.provider
        union all
        select b.instrument_id, b.timeframe, b.provider, b.session_date
        from core.bars_intraday as b inner join held
            on b.instrument_id = held.instrument_id and b.provider = held.provider
        union all
        select b.instrument_id, '1d', b.provider, b.session_date
        from core.bars_1d as b inner join held
            on b.instrument_id = held.instrument_id and b.provider = held.provider
    )
    select i.symbol, s.timeframe, s.provider, i.exchange,
        min(s.session_date)::timestamp at time zone 'UTC' as start_at,
        (max(s.session_date) + 1)::timestamp at time zone 'UTC' as end_at,
        min(s.session_date) as first_date, max(s.session_date) as last_date,
        true as opens_day, true as ends_day, count(*) as bar_count, 'rebased' as states
    from standing as s inner join core.instruments as i on i.instrument_id = s.instrument_id
    where (%(timeframe)s::text is null or s.timeframe = %(timeframe)s::text)
        and (%(provider)s::text is null or s.provider = %(provider)s::text)
    group by i.symbol, s.timeframe, s.provider, i.exchange
    order by i.symbol, s.timeframe, s.provider
"""


def plan_refetch(
    warehouse: Warehouse,
    *,
    symbol: str | None = None,
    timeframe: str | None = None,
    provider: str | None = None,
) -> Plan:
    """Find the histories of which days are held back as ``rebased``, to ask for them as a whole.

    Args:
        warehouse: The database, built.
        symbol: Our spelling; without it all.
        timeframe: E.g. ``1m``; without it all.
        provider: Only what this one restated.

    Returns:
        Bars of all that stands, and its splits and dividends.

    Raises:
        BarhouseError: The symbol is unknown, or nothing is built yet.
    """
    with psycopg.connect(warehouse.url("transformer"), autocommit=True) as connection:
        instrument = find_instrument(connection, symbol) if symbol is not None else None
        given = {
            "instrument_id": instrument and instrument.instrument_id,
            "timeframe": timeframe,
            "provider": provider,
        }
        try:
            with connection.cursor(row_factory=class_row(Hole)) as cursor:
                histories = cursor.execute(_HISTORIES.encode(), given).fetchall()
        except psycopg.errors.UndefinedTable as error:
            raise BarhouseError("Nothing is built yet; run `barhouse build` first.") from error
    asks: dict[str, list[Hole]] = defaultdict(list)
    left_out = []
    for history in histories:
        reason = why_not(history)
        if reason is None:
            asks[str(history.provider)].append(history)
        else:
            left_out.append((history, reason))
    found = [Ask(name, mine, ("actions", "bars")) for name, mine in sorted(asks.items())]
    return Plan(found, left_out)
