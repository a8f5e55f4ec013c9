-- Our factors make of the raw close what the provider made of it, within
-- var('adjusted_close_tolerance'). A warning: providers miss dividends too.
{{ config(group='core', tags=['proof'], severity='warn') }}

with compared as (
    select * from {{ ref('adjusted_close_proof') }}
),

different as (
    select *
    from compared
    where abs(relative_difference) > {{ var('adjusted_close_tolerance') }}
)

select * from different
