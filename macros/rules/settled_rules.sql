{#- Returns an ordered mapping like that of `bar_rules`, with what var('rules') says laid
    over it. A rule, a key or a value that is not known is one compile error. -#}
{% macro settled_rules() %}
    {%- set rules = bar_rules() -%}
    {#- The variable is read when it counts; a linter has no variables. -#}
    {%- set given = (var('rules', none) if execute else none) or {} -%}
    {%- if given is not mapping %}
        {% do refuse_rules('is ' ~ given ~ '; expected a mapping of rule: {severity, max_share}') %}
    {%- endif %}
    {%- set settled = {} -%}
    {%- for rule in rules if rule not in given %}{% do settled.update({rule: rules[rule]}) %}{% endfor %}
    {%- for rule, wish in given.items() %}
        {%- if rule not in rules %}
            {% do refuse_rules(
                "names '" ~ rule ~ "'; expected one of " ~ (rules | join(', '))
            ) %}
        {%- elif wish is not mapping or wish.keys() | reject('in', ['severity', 'max_share']) | list %}
            {% do refuse_rules(
                'gives ' ~ rule ~ ' ' ~ wish ~ '; expected a mapping of severity, max_share or both'
            ) %}
        {%- endif %}
        {%- set severity = wish.get('severity', rules[rule]['severity']) -%}
        {%- set max_share = wish.get('max_share', rules[rule].get('max_share')) -%}
        {%- if severity not in ['hard', 'soft', 'off'] %}
            {% do refuse_rules(
                'gives ' ~ rule ~ " the severity '" ~ severity ~ "'; expected hard, soft or off"
            ) %}
        {%- elif rules[rule].get('is_fixed') and severity != 'hard' %}
            {% do refuse_rules(
                'gives ' ~ rule ~ " the severity '" ~ severity ~ "'; it must stay hard, because"
                ~ ' core takes no such bar'
            ) %}
        {%- elif max_share is not none
            and (max_share is not number or max_share is boolean or max_share < 0 or max_share > 1) %}
            {% do refuse_rules(
                'gives ' ~ rule ~ " the max_share '" ~ max_share ~ "'; expected a fraction from 0 to 1"
            ) %}
        {%- endif %}
        {% do settled.update({
            rule: dict(rules[rule], severity=severity, max_share=max_share)
        }) %}
    {%- endfor %}
    {#- in the order of bar_rules, whatever the order of the variable -#}
    {%- set ordered = {} -%}
    {%- for rule in rules %}{% do ordered.update({rule: settled[rule]}) %}{% endfor %}
    {{ return(ordered) }}
{% endmacro %}
