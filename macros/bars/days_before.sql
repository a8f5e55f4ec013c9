{#- Renders a query: the session days that have published bars before this build. -#}
{% macro days_before() -%}
    {%- set profiles = relation_before('day_profiles') -%}
    {%- if profiles -%}
        select instrument_id, timeframe, session_date from {{ profiles }}
        {%- if not relation_before('bars_1m') %}
        where timeframe <> '1m'
        {%- endif %}
    {%- else -%}
        select 0::bigint as instrument_id, '' as timeframe, null::date as session_date
        where false
    {%- endif -%}
{%- endmacro %}
