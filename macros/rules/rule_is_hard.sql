{#- Renders true or false: does a bar that breaks this rule hold its day back? Where it does
    not, the tests of core must let it through.
    rule: a name of `bar_rules`. -#}
{% macro rule_is_hard(rule) -%}
    {{ 'true' if settled_rules()[rule]['severity'] == 'hard' else 'false' }}
{%- endmacro %}
