{#- Materialization `view`, in place of dbt's own: a view that is defined as it was stays, and
    a changed one is replaced where it stands. dbt's would make every view anew in every
    build, and take along all that stands on it until it is made anew too: whoever asks
    meanwhile finds none, and after a build that a test stopped nobody does. -#}
{% materialization view, adapter='timescaledb' %}
    {%- set target_relation = this.incorporate(type=this.View) -%}
    {%- set name = this.schema ~ '.' ~ this.identifier -%}
    {%- set definition = local_md5(sql ~ model.description ~ (model.columns | tojson)) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set is_current = view_is_current(name, definition) -%}
    {% call statement('main') -%}
        {%- if is_current -%}
        select 'kept' as view
        {%- else -%}
        {{ replace_view(target_relation, name, definition, sql) }}
        {%- endif -%}
    {%- endcall %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- if not is_current %}
        {% do persist_docs(target_relation, model) %}
    {%- endif %}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
