{#- Renders a query: each hard rule, what it is measured with and the share of pending bars
    that may break it.
    max_share: share for the rules that have none of their own. -#}
{% macro rule_thresholds(max_share) -%}
    {%- set rules = settled_rules() -%}
    {%- for rule in rules if rules[rule]['severity'] == 'hard' -%}
    {%- set own = rules[rule].get('max_share') %}
    select
        '{{ rule }}' as rule,
        '{{ "together" if own is none else rule }}' as measured,
        {{ max_share if own is none else own }}::numeric as max_share
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}
