-- Bars of earlier loads that are worth another look: all of each quarantined day, since
-- bars, sessions or seeds may have changed, and all split-restated bars of an
-- instrument whose splits are not those it was published by, whatever changed them.
with bars as (
    select * from {{ ref('stg_bars') }}
),

pending_loads as (
    select * from {{ ref('int_loads__pending') }}
),

open_days as (
    select * from {{ ref('stg_quarantined_days') }}
    where state = 'open'
),

basis_states as (
    select * from {{ ref('int_actions__basis_states') }}
),

published_bases as (
    select * from {{ ref('stg_published_bases') }}
),

instrument_symbols as (
    select * from {{ ref('instrument_symbols') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

exchanges as (
    select * from {{ ref('exchanges') }}
),

discarded_requests as (
    select * from {{ ref('discarded_requests') }}
),

-- instruments whose restated bars some consumer published by other splits, or never
rebased_instruments as (
    select instrument_id from basis_states
    union
    select instrument_id from published_bases
    except
    select basis_states.instrument_id
    from basis_states
    inner join published_bases
        on
            basis_states.instrument_id = published_bases.instrument_id
            and basis_states.basis_hash = published_bases.basis_hash
    group by basis_states.instrument_id
    having count(*) = {{ var('load_consumers') | length }}
),

-- a session starts and ends within two days of its date: that lets the index help
wanted as (
    select
        instrument_id,
        timeframe,
        session_date,
        (session_date - 2)::timestamptz as from_at,
        (session_date + 3)::timestamptz as until_at
    from open_days
    union all
    select
        instrument_id,
        null as timeframe,
        null as session_date,
        '-infinity'::timestamptz as from_at,
        'infinity'::timestamptz as until_at
    from rebased_instruments
),

reconsidered as (
    select
        bars.*,
        instrument_symbols.instrument_id,
        instruments.exchange as instrument_exchange,
        {{ session_day('bars', 'exchanges') }} as placed_on,
        false as is_pending
    from wanted
    inner join instrument_symbols
        on wanted.instrument_id = instrument_symbols.instrument_id
    inner join instruments on wanted.instrument_id = instruments.instrument_id
    inner join bars
        on
            instrument_symbols.provider_symbol = bars.provider_symbol
            and instrument_symbols.provider = bars.provider
            and instrument_symbols.asset_class = bars.asset_class
            and wanted.from_at <= bars.bar_start_at
            and wanted.until_at > bars.bar_start_at
    left join exchanges on instruments.exchange = exchanges.exchange
    left join pending_loads on bars.load_id = pending_loads.load_id
    left join discarded_requests on bars.request_id = discarded_requests.request_id
    where
        pending_loads.load_id is null
        and discarded_requests.request_id is null
        and case
            when wanted.session_date is null then bars.price_basis = 'split'
            else
                wanted.timeframe = bars.timeframe
                and wanted.session_date = {{ session_day('bars', 'exchanges') }}
        end
)

select * from reconsidered
