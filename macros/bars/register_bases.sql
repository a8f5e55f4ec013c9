{#- Renders statements: this consumer has published the bars of every instrument by the
    splits of this build. Nothing is noted by a run that did not judge the bars itself.
    consumer: `schema.name`, one of var('load_consumers'). -#}
{% macro register_bases(consumer) -%}
    {%- if 'model.barhouse.int_bars__judged' in selected_resources -%}
        delete from ops.published_bases as published
        where
            published.consumer = '{{ consumer }}'
            and published.instrument_id not in (
                select states.instrument_id
                from {{ ref('int_actions__basis_states') }} as states
            );
        insert into ops.published_bases as published (consumer, instrument_id, basis_hash)
        select '{{ consumer }}', instrument_id, basis_hash
        from {{ ref('int_actions__basis_states') }}
        on conflict (consumer, instrument_id) do update
        set basis_hash = excluded.basis_hash, published_at = now()
        where published.basis_hash <> excluded.basis_hash
    {%- endif -%}
{%- endmacro %}
