with rollup as (
    select * from {{ ref('rollup_5m') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

latest_minutes as (
    select * from {{ ref('latest_minutes') }}
),

named as (
    {{ named_rollup('rollup', 'instruments', 'latest_minutes', '5 minutes') }}
)

select * from named
