-- Instruments whose restated bars some consumer published by other splits than those
-- that apply now, or never.
with basis_states as (
    select * from {{ ref('int_actions__basis_states') }}
),

published_bases as (
    select * from {{ ref('stg_published_bases') }}
),

concerned as (
    select instrument_id from basis_states
    union
    select instrument_id from published_bases
),

settled as (
    select basis_states.instrument_id
    from basis_states
    inner join published_bases
        on
            basis_states.instrument_id = published_bases.instrument_id
            and basis_states.basis_hash = published_bases.basis_hash
    group by basis_states.instrument_id
    having count(*) = {{ var('load_consumers') | length }}
),

changed as (
    select instrument_id from concerned
    except
    select instrument_id from settled
)

select * from changed
