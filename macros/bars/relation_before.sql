{#- Returns a relation of core as it stands before this build changes it, or none where it
    does not stand yet or is about to be made anew. It is made from what reads this, so it
    cannot be a ref.
    name: of the model. -#}
{% macro relation_before(name) %}
    {%- if not execute or flags.FULL_REFRESH %}{{ return(none) }}{% endif -%}
    {{ return(load_relation(api.Relation.create(
        database=target.dbname, schema='core', identifier=name
    ))) }}
{% endmacro %}
