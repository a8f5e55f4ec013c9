{#- Renders statements, the hook before a model that reads every pending bar: memory for one
    sort, workers as soon as there are many rows, no compiling of expressions. For this
    transaction alone. -#}
{% macro plan_for_many_rows() -%}
    set local work_mem = '{{ var("work_mem") }}';
    set local parallel_tuple_cost = 0.001;
    set local parallel_setup_cost = 100;
    set local jit = off
{%- endmacro %}
