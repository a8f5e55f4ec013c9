{#- Renders a select statement for a lateral join: by which ratio a value was restated for
    splits between its day and its fetch (`ratio`, 1 for none), and whether that is in
    doubt (`is_in_doubt`). It speaks of values on the basis `split` alone. A join, because
    a query with correlated subqueries in its columns is not shared among workers.
    Needs the CTE `split_basis` in scope.
    values: alias with instrument_id, provider and fetched_at.
    day: its column with the day. -#}
{% macro basis_of(values, day) -%}
    select
        core.product(split_basis.ratio) filter (where split_basis.kind = 'applied')
            as ratio,
        coalesce(bool_or(split_basis.kind = 'doubted'), false)
        or abs(
            core.product(split_basis.ratio)
            filter (
                where split_basis.kind = 'disputed'
                and split_basis.provider = {{ values }}.provider
            ) - 1
        ) > 0.00001 as is_in_doubt
    from split_basis
    where
        split_basis.instrument_id = {{ values }}.instrument_id
        and split_basis.ex_date > {{ values }}.{{ day }}
        and split_basis.ex_date <= ({{ values }}.fetched_at at time zone 'UTC')::date
{%- endmacro %}
