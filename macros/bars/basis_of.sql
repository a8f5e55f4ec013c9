{#- Renders the columns `restated_ratio` and `is_basis_uncertain` of a select list: by which
    ratio a value was restated for splits between its day and its fetch, and whether that
    is in doubt. Needs the CTE `split_basis` in scope. On another basis than `split` the
    ratio is null and nothing is uncertain.
    values: alias with instrument_id, provider and fetched_at.
    basis: its column with the basis, e.g. 'price_basis'.
    day: its column with the day. -#}
{% macro basis_of(values, basis, day) -%}
    {%- set restated_between -%}
        split_basis.instrument_id = {{ values }}.instrument_id
        and split_basis.ex_date > {{ values }}.{{ day }}
        and split_basis.ex_date <= ({{ values }}.fetched_at at time zone 'UTC')::date
    {%- endset -%}
    case
        when {{ values }}.{{ basis }} = 'split'
            then (
                select core.product(split_basis.ratio)
                from split_basis
                where
                    split_basis.kind = 'applied'
                    and {{ restated_between }}
            )
    end as restated_ratio,
    {{ values }}.{{ basis }} = 'split'
    and (
        select
            coalesce(bool_or(split_basis.kind = 'doubted'), false)
            or abs(
                core.product(split_basis.ratio)
                filter (
                    where split_basis.kind = 'disputed'
                    and split_basis.provider = {{ values }}.provider
                ) - 1
            ) > 0.00001
        from split_basis
        where {{ restated_between }}
    ) as is_basis_uncertain
{%- endmacro %}
