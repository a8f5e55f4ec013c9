{{ config(alias='bars_1d') }}

-- The provider's own day where there is one (it holds the auctions), else the day built
-- from minutes.
with reported as not materialized (
    select * from {{ ref('bars_1d') }}
),

built as (
    select * from {{ ref('days_from_minutes') }}
),

symbol_history as not materialized (
    select * from {{ ref('symbol_history') }}
),

{{ chosen_days() }}

select * from named
