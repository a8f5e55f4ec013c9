{#- Renders a statement: the pending loads are taken in by this consumer; once all
    consumers have them they stop being pending.
    consumer: `schema.name`, one of var('load_consumers'). -#}
{% macro register_loads(consumer) -%}
    insert into ops.published_loads (consumer, load_id)
    select '{{ consumer }}', load_id
    from {{ ref('int_loads__pending') }}
    on conflict (consumer, load_id) do nothing
{%- endmacro %}
