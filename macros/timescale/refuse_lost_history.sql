{#- Stops an aggregate that would have to be made anew while the lake alone holds rows that it
    was rolled up from: without them, what they add up to would be lost.
    name: the aggregate, `schema.name`. source: the relation it reads. -#}
{% macro refuse_lost_history(name, source) %}
    {%- set base = hypertable_below(source) -%}
    {%- set archived = run_query(
        "select count(*), min(range_start_at)::date, max(range_end_at)::date from ops.archived_ranges"
        ~ " where relation_name = '" ~ base ~ "'"
        ~ " and exists (select from ops.aggregate_states where relation_name = '" ~ name ~ "')"
    ).rows[0] -%}
    {%- if archived[0] > 0 %}
        {{ exceptions.raise_compiler_error(
            name ~ ' must be made anew, but ' ~ archived[0] ~ ' partitions of ' ~ base
            ~ ' it was rolled up from (' ~ archived[1] ~ ' to ' ~ archived[2]
            ~ ') are in the lake only. Bring them back with `barhouse lake restore --archived`'
            ~ ' and build again; `barhouse maintain` drops them afterwards.'
        ) }}
    {%- endif %}
{% endmacro %}
