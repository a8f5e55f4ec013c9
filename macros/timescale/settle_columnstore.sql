{#- Runs statements: columnstore and compression policy as configured. Chunks that are
    compressed already keep their form until they are compressed anew. Nothing is run
    where nothing differs.
    kind: 'table' or 'materialized view'. name: the relation, `schema.name`.
    standing: what `table_settings` returned. is_new: it was made just now. -#}
{% macro settle_columnstore(kind, name, standing, is_new) %}
    {%- set compress_after = config.get('compress_after') -%}
    {%- set segment_by = config.get('segment_by', []) -%}
    {%- set order_by = config.get('order_by') or standing.time_column ~ ' desc' -%}
    {%- set is_wanted = segment_by or config.get('order_by') or compress_after -%}
    {%- if is_wanted and (
        not standing.is_columnstore
        or plain_list(standing.segment_by) != plain_list(segment_by | join(','))
        or plain_list(standing.order_by) != plain_list(order_by)
    ) %}
        {% call statement('columnstore') -%}
            alter {{ kind }} {{ name }} set (
                timescaledb.compress,
                timescaledb.compress_segmentby = '{{ segment_by | join(", ") }}',
                timescaledb.compress_orderby = '{{ order_by }}'
            )
        {%- endcall %}
        {%- if not is_new %}
            {{ print(
                name ~ ': chunks compressed from now on have segments of '
                ~ (segment_by | join(', ') or 'everything') ~ ', in the order of ' ~ order_by ~ '.'
            ) }}
        {%- endif %}
    {%- endif %}

    {%- if not standing.has_compress_after %}
        {% call statement('compression_policy') -%}
            {%- if standing.has_policy %}
            select remove_compression_policy('{{ name }}');
            {%- endif %}
            {%- if compress_after %}
            -- not while the build that made it still writes and rolls up
            select add_compression_policy(
                '{{ name }}', interval '{{ compress_after }}',
                initial_start => now() + interval '1 hour'
            )
            {%- endif %}
        {%- endcall %}
        {%- if not is_new %}
            {{ print(name ~ ': chunks are compressed after ' ~ (compress_after or 'no time at all') ~ '.') }}
        {%- endif %}
    {%- endif %}
{% endmacro %}
