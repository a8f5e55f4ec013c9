{#- Renders a join predicate: a reported row is spelled as a row of `int_symbols__placed`
    says, at a time for which that row speaks: the day of the row, or, where a provider
    gives the whole history of who has the symbol now, the day of the fetch.
    rows: alias with provider, asset_class, provider_symbol and fetched_at.
    placed: alias of `int_symbols__placed`.
    day: SQL expression of the row's day (date). -#}
{% macro is_placed(rows, placed, day) -%}
    {{ rows }}.provider = {{ placed }}.provider
    and {{ rows }}.asset_class = {{ placed }}.asset_class
    and {{ rows }}.provider_symbol = {{ placed }}.provider_symbol
    and (
        {{ placed }}.is_always
        or case
            when {{ placed }}.is_dated_by_fetch
                then ({{ rows }}.fetched_at at time zone 'UTC')::date
            else {{ day }}
        end between {{ placed }}.speaks_from_date and {{ placed }}.speaks_until_date
    )
{%- endmacro %}
