{#- Returns a list of columns in SQL as TimescaleDB writes it: lower case, without blanks
    beside commas and without what goes without saying.
    told: the list as text, or none. -#}
{% macro plain_list(told) %}
    {%- set plain = (told or '') | lower | replace(' asc', '') | replace(' desc nulls first', ' desc') -%}
    {{ return(plain.split(',') | map('trim') | join(',')) }}
{% endmacro %}
