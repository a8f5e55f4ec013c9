"""The SQL of what symbols mean; every value is bound."""

from __future__ import annotations

from typing import Final

#: What a symbol means: who has it now, or had it last; one row per word asked and asset class.
MEANINGS: Final = """
select distinct on (asked.word, symbols.asset_class)
    asked.word,
    symbols.instrument_id,
    symbols.asset_class,
    symbols.newest_symbol,
    symbols.timezone
from unnest($1::text[]) as asked (word)
inner join marts.symbols
    on asked.word in (symbols.symbol, symbols.asset_class || ':' || symbols.symbol)
order by asked.word, symbols.asset_class, symbols.valid_from_date desc
"""

KNOWN_SYMBOLS: Final = "select distinct symbol from marts.symbols order by symbol"

SEARCH: Final = """
select distinct on (instrument_id)
    newest_symbol as symbol,
    asset_class,
    instrument,
    asset_name,
    exchange,
    currency,
    timezone
from marts.symbols
where
    $1::text is null
    or position(lower($1::text) in lower(symbol)) > 0
    or position(lower($1::text) in lower(instrument)) > 0
    or position(lower($1::text) in lower(asset_name)) > 0
order by instrument_id, valid_from_date desc
"""
