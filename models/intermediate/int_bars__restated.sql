-- The bars that their provider restated for later splits, with the ratio that brings
-- them back. A table of its own: what remains is then read by several workers.
{{ config(
    materialized='table',
    unlogged=true,
    pre_hook='{{ plan_for_pending_bars() }}',
    post_hook='analyze {{ this }}',
) }}

with pending as (
    select * from {{ ref('int_bars__pending') }}
),

reconsidered as (
    select * from {{ ref('int_bars__reconsidered') }}
),

split_basis as (
    select * from {{ ref('int_actions__split_basis') }}
),

bars as (
    select * from pending
    union all
    select * from reconsidered
),

restated as (
    select
        bars.*,
        trim_scale(basis.ratio) as restated_ratio,
        basis.is_in_doubt as is_basis_uncertain
    from bars
    left join lateral ({{ basis_of('bars', 'placed_on') }}) as basis on true
    where bars.price_basis = 'split'
)

select * from restated
