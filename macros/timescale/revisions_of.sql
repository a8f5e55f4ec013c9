{#- Renders a relation: the table that keeps what rows of a hypertable said before they
    changed.
    relation: the hypertable. -#}
{% macro revisions_of(relation) -%}
    {{ relation.incorporate(path={'identifier': relation.identifier ~ '_revisions'}) }}
{%- endmacro %}
