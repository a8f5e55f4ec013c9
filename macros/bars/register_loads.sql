{#- Renders a statement: the pending loads are taken in by this consumer; once all
    consumers have them they stop being pending. Nothing is ticked off by a run that did
    not judge the bars of the list itself: another run's list may hold loads that this
    run never saw.
    consumer: `schema.name`, one of var('load_consumers'). -#}
{% macro register_loads(consumer) -%}
    {%- set is_judged_here = 'model.barhouse.int_bars__judged' in selected_resources -%}
    insert into ops.published_loads (consumer, load_id)
    select '{{ consumer }}', load_id
    from {{ ref('int_loads__pending') }}
    where invocation_id = '{{ invocation_id if is_judged_here else 'none' }}'
    on conflict (consumer, load_id) do nothing
{%- endmacro %}
