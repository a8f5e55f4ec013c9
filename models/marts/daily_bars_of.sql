{{ config(
    alias='bars_1d_of',
    materialized='table_function',
    arguments=[
        {'name': 'instrument_ids', 'type': 'bigint[]'},
        {'name': 'first_date', 'type': 'date'},
        {'name': 'last_date', 'type': 'date'},
    ],
) }}

-- As bars_1d, chosen among the days asked for: of the view PostgreSQL would hold the
-- days that were built against all that were ever reported.
with reported as not materialized (
    select * from {{ ref('bars_1d') }}
    where
        instrument_id = any({{ argument('instrument_ids') }})
        and session_date >= {{ argument('first_date') }}
        and session_date <= {{ argument('last_date') }}
),

built as (
    select * from {{ ref('days_from_minutes') }}
    where
        instrument_id = any({{ argument('instrument_ids') }})
        and session_date >= {{ argument('first_date') }}
        and session_date <= {{ argument('last_date') }}
),

symbol_history as not materialized (
    select * from {{ ref('symbol_history') }}
),

{{ chosen_days() }}

select * from named
