with rollup as (
    select * from {{ ref('rollup_30m') }}
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

sessions as (
    select * from {{ ref('sessions') }}
),

latest_minutes as (
    select * from {{ ref('latest_minutes') }}
),

buckets as (
    {{ session_buckets("interval '30 minutes'") }}
),

named as (
    {{ named_buckets("interval '30 minutes'") }}
)

select * from named
