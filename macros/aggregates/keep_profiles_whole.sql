{#- The hook before `core.day_profiles`: stops a full refresh that would lose the days that
    only the lake holds. -#}
{% macro keep_profiles_whole() %}
    {%- if execute and should_full_refresh() and load_relation(this) is not none %}
        {%- do refuse_lost_history('core.day_profiles', ['core.bars_1m', 'core.bars_intraday']) -%}
    {%- endif %}
{% endmacro %}
