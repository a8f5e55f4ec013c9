{#- Returns the hypertable, `schema.name`, that an aggregate is built from in the end: by the
    configured sources from aggregate to aggregate.
    source: the relation that the aggregate itself reads. -#}
{% macro hypertable_below(source) %}
    {%- set sources = {} -%}
    {%- set found = namespace(name=source) -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values()
            if node.config.materialized == 'continuous_aggregate' -%}
            {%- do sources.update(
                {node.schema ~ '.' ~ (node.alias or node.name): node.config.get('source')}
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for _ in sources if found.name in sources -%}
        {%- set found.name = sources[found.name] -%}
    {%- endfor %}
    {{ return(found.name) }}
{% endmacro %}
