{#- Stops: what the variable `rules` says cannot be used. -#}
{% macro refuse_rules(problem) %}
    {{ exceptions.raise_compiler_error('The variable `rules` ' ~ problem ~ '. Correct it.') }}
{% endmacro %}
