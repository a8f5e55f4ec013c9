with rollup as (
    select * from {{ ref('rollup_1h') }}
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
    {{ session_buckets("interval '1 hour'") }}
),

named as (
    {{ named_buckets("interval '1 hour'") }}
)

select * from named
