"""What the demo shows when it is done."""

from __future__ import annotations

import psycopg

from barhouse.cli.console import out, table
from barhouse.database import Warehouse
from extract.settings import Settings

_LAYERS = """
select 'landed', 'staging.raw_bars', count(*) from staging.raw_bars
union all select 'core', 'core.bars_1m', count(*) from core.bars_1m
union all select 'core', 'core.bars_intraday', count(*) from core.bars_intraday
union all select 'core', 'core.bars_1d', count(*) from core.bars_1d
union all select 'core', 'core.corporate_actions', count(*) from core.corporate_actions
union all select 'marts', 'marts.bars_5m', count(*) from marts.bars_5m
union all select 'marts', 'marts.bars_1h', count(*) from marts.bars_1h
union all select 'marts', 'marts.bars_1d', count(*) from marts.bars_1d
union all select 'marts', 'marts.bars_1d_adjusted', count(*) from marts.bars_1d_adjusted
union all select 'quality', 'quality.quarantine', count(*) from quality.quarantine
"""
_SAMPLE = """
select symbol, session_date, raw_close, round(close::numeric, 6), volume::numeric
from marts.bars_1d_adjusted
where symbol = 'AAPL' and session_date between '2005-02-24' and '2005-03-01'
order by session_date
"""
_NEXT = """Try next:
  make psql
  .venv/bin/barhouse sql "select * from marts.bars_1d_adjusted where symbol = 'AAPL' \\
      order by session_date desc limit 5"
  .venv/bin/barhouse sql "select * from marts.bars_1h where symbol = 'ETH/BTC' limit 5"
  Parquet files for any other tool: {lake}"""


def show_tour(settings: Settings, warehouse: Warehouse) -> None:
    """Print row counts per layer, a split as it looks in the marts, and what to try next.

    Args:
        settings: The project.
        warehouse: The database that was built.
    """
    with psycopg.connect(warehouse.url(), autocommit=True) as connection:
        layers = connection.execute(_LAYERS).fetchall()
        sample = connection.execute(_SAMPLE).fetchall()
    table("Rows in each layer", ["layer", "relation", "rows"], layers)
    table(
        "AAPL around its 2:1 split of 2005-02-28",
        ["symbol", "session", "close as traded", "close adjusted", "volume, split-adjusted"],
        sample,
    )
    lake = settings.lake_url or settings.lake_dir
    out.print(_NEXT.format(lake=lake))
