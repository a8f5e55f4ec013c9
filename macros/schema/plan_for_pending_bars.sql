{#- Renders statements, the hook before a model that reads the bars of pending loads: as for many
    rows, and where a load is large, such plans as several workers can share. The planner cannot
    know: to it a pending load is as large as any other, and best looked up by its index. -#}
{% macro plan_for_pending_bars() -%}
    {{ plan_for_many_rows() }}
    {#- By its name: a ref would have to be given to every unit test of such a model. -#}
    {%- if execute
        and run_query(
            'select exists (select from prep.int_loads__pending where is_large)'
        ).rows[0][0] %};
    set local enable_nestloop = off
    {%- endif %}
{%- endmacro %}
