{#- Renders a text expression: the names of the rules of one severity that a bar breaks,
    with a comma between, in the order of `bar_rules`; null for none.
    severity: 'hard' or 'soft'. -#}
{% macro broken_rules(severity) -%}
    {%- set rules = settled_rules() -%}
    {%- set chosen = [] -%}
    {%- for rule in rules if rules[rule]['severity'] == severity %}{% do chosen.append(rule) %}{% endfor -%}
    {%- if chosen -%}
        case
            -- hardly any bar breaks one: only what does is put into words
            when
                {%- for rule in chosen %}
                ({{ rules[rule]['broken'] }}){{ ' or' if not loop.last }}
                {%- endfor %}
                then concat_ws(
                    ', '
                    {%- for rule in chosen %},
                    case when {{ rules[rule]['broken'] }} then '{{ rule }}' end
                    {%- endfor %}
                )
        end
    {%- else -%}
        null::text
    {%- endif -%}
{%- endmacro %}
