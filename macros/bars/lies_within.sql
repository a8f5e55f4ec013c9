{#- Renders a join predicate: a day lies within the days for which a row holds. The planner
    takes two comparisons for so rare that it loops over all rows; of what `coalesce` makes
    of them it expects half, and puts the rows together by the rest of the join.
    day: SQL expression (date). from_day, until_day: columns, the last one left out. -#}
{% macro lies_within(day, from_day, until_day) -%}
    coalesce({{ day }} >= {{ from_day }} and {{ day }} < {{ until_day }}, false)
{%- endmacro %}
