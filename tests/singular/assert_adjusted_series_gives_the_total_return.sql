-- With one ex-date between two days the two returns are the same to the last digits.
-- With several the series reinvests in between, and they may differ a little.
{{ config(group='core', tags=['proof']) }}

with compared as (
    select * from {{ ref('adjustment_proof') }}
),

different as (
    select *
    from compared
    where
        action_count <= 1
        and not coalesce(abs(total_return - proved_return) < 0.000000001, false)
)

select * from different
