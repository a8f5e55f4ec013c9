{#- Renders a bigint expression: the permanent id of an instrument, made from what
    identifies it. The first 60 bits of an md5; `core.instruments` has a test that no
    two instruments share one.
    asset_class: SQL expression, e.g. 'equity'.
    symbol: SQL expression, our spelling of the symbol. -#}
{% macro instrument_key(asset_class, symbol) -%}
    ('x' || left(md5({{ asset_class }} || ':' || {{ symbol }}), 15))::bit(60)::bigint
{%- endmacro %}
