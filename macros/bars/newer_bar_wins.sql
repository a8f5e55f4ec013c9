{#- Renders a predicate for the hypertable materialization: may the incoming bar replace
    the one that stands? Another provider's may if it is preferred; one of the same
    provider or the same rank may unless it would put a bar still in progress in the
    place of a final one. -#}
{% macro newer_bar_wins() -%}
    (
        incoming.provider <> existing.provider
        and incoming.provider_priority < existing.provider_priority
    )
    or (
        (
            incoming.provider = existing.provider
            or incoming.provider_priority = existing.provider_priority
        )
        and (incoming.is_final or not existing.is_final)
    )
{%- endmacro %}
