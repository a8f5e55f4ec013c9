{#- Returns the age from which chunks of a hypertable are compressed, as var('compress_after')
    says; none where it does not name the table.
    table: its name, without the schema. -#}
{% macro compress_after(table) %}
    {%- set ages = var('compress_after', {}) -%}
    {{ return(ages.get(table) if ages is mapping else none) }}
{% endmacro %}
