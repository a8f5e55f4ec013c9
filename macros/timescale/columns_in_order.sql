{#- Renders a scalar subquery: the columns by which a columnstore is ordered, as
    `plain_list` has them.
    settings: alias of _timescaledb_catalog.compression_settings. -#}
{% macro columns_in_order(settings) -%}
    (
        select string_agg(
            part || case when is_desc then ' desc' else '' end
            || case
                when is_desc = nulls_first then ''
                when is_desc then ' nulls last'
                else ' nulls first'
            end,
            ',' order by number
        )
        from unnest(
            {{ settings }}.orderby, {{ settings }}.orderby_desc, {{ settings }}.orderby_nullsfirst
        ) with ordinality as ordered (part, is_desc, nulls_first, number)
    )
{%- endmacro %}
