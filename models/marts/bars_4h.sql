with rollup as (
    select * from {{ ref('rollup_4h') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

latest_minutes as (
    select * from {{ ref('latest_minutes') }}
),

named as (
    {{ named_rollup('rollup', 'instruments', 'latest_minutes', '4 hours') }}
)

select * from named
