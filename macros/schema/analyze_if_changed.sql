{#- Renders a statement, the hook after a model that keeps its table: fresh statistics where this
    transaction wrote a row.
    relation: the table. -#}
{% macro analyze_if_changed(relation) -%}
    do $analyze$
    begin
        if current_setting('track_counts') = 'off' or exists (
            select from pg_stat_xact_all_tables
            where
                relid = to_regclass('{{ relation.schema }}.{{ relation.identifier }}')
                and n_tup_ins + n_tup_upd + n_tup_del > 0
        ) then
            analyze {{ relation }};
        end if;
    end
    $analyze$
{%- endmacro %}
