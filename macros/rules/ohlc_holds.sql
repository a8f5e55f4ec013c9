{#- Renders a predicate: high and low enclose open and close. Null prices give null.
    Used by the verdict and by the test `ohlc_is_consistent`. -#}
{% macro ohlc_holds() -%}
    high >= greatest(open, close, low) and low <= least(open, close)
{%- endmacro %}
