{#- Renders a timestamptz expression: a wall time of an exchange on a day. Needs the time
    zone in scope as `exchanges.timezone`.
    day: SQL expression of the day (date). wall: SQL expression of the time; null gives
    null. -#}
{% macro wall_time(day, wall) -%}
    ({{ day }} + ({{ wall }})) at time zone exchanges.timezone
{%- endmacro %}
