with rollup as (
    select * from {{ ref('rollup_5m') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

named as (
    {{ named_rollup('rollup', 'instruments') }}
)

select * from named
