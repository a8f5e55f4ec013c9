{#- Returns what the database says of a hypertable, or of the one that keeps an aggregate: a
    dictionary of the columns of `settings_query`, or none where it does not stand. The one
    query by which a build knows that nothing drifted from the configuration.
    name: `schema.name`. -#}
{% macro table_settings(name) %}
    {%- set found = run_query(settings_query(name)).rows -%}
    {%- set settings = {} -%}
    {%- if found | length > 0 -%}
        {%- do settings.update(found[0].dict()) -%}
        {%- for list in ['columns', 'key', 'indexes'] -%}
            {%- do settings.update({list: settings[list].split(',') if settings[list] else []}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(settings or none) }}
{% endmacro %}
