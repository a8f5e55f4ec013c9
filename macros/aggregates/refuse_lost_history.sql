{#- Stops a relation that would have to be made anew while the lake alone holds rows that it
    was made from: without them, what it says of them would be lost.
    name: the relation, `schema.name`. bases: the hypertables it is made from in the end, the
    same way. is_standing: whether it has been made before, which SQL may tell. -#}
{% macro refuse_lost_history(name, bases, is_standing='true') %}
    {%- set archived = run_query(
        "select count(*), min(range_start_at)::date, max(range_end_at)::date from ops.archived_ranges"
        ~ " where relation_name in ('" ~ bases | join("', '") ~ "') and " ~ is_standing
    ).rows[0] -%}
    {%- if archived[0] > 0 %}
        {{ exceptions.raise_compiler_error(
            name ~ ' must be made anew, but ' ~ archived[0] ~ ' partitions of ' ~ bases | join(', ')
            ~ ' it was made from (' ~ archived[1] ~ ' to ' ~ archived[2]
            ~ ') are in the lake only. Bring them back with `barhouse lake restore --archived`'
            ~ ' and build again; `barhouse maintain` drops them afterwards.'
        ) }}
    {%- endif %}
{% endmacro %}
