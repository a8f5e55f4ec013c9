{#- Returns the hypertable, `schema.name`, that an aggregate is built from in the end: by the
    configured sources from aggregate to aggregate.
    source: the relation that the aggregate itself reads. -#}
{% macro hypertable_below(source) %}
    {%- set found = namespace(name=source) -%}
    {#- a chain is never this long -#}
    {%- for _ in range(20) if execute %}
        {%- for node in graph.nodes.values()
            if node.config.materialized == 'continuous_aggregate'
            and node.schema ~ '.' ~ (node.alias or node.name) == found.name %}
            {%- set found.name = node.config.get('source') -%}
        {%- endfor %}
    {%- endfor %}
    {{ return(found.name) }}
{% endmacro %}
