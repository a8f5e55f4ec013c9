-- One hash of all that brings restated bars of an instrument back to raw: when it
-- changes, bars that were published by another one must be looked at again.
with split_basis as (
    select * from {{ ref('int_actions__split_basis') }}
),

hashed as (
    select
        instrument_id,
        md5(string_agg(
            concat_ws('|', ex_date, kind, provider, trim_scale(ratio)),
            ';' order by ex_date, kind, provider
        )) as basis_hash
    from split_basis
    group by instrument_id
)

select * from hashed
