with rollup as (
    select * from {{ ref('rollup_4h') }}
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
    {{ session_buckets("interval '4 hours'") }}
),

named as (
    {{ named_buckets("interval '4 hours'") }}
)

select * from named
