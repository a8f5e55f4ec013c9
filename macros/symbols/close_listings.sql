{#- Renders a statement: a listing that the seed has ended meanwhile ends in the standing
    history too. It is the one change that needs no full refresh: bars after the end are
    held back from now on.
    history: the relation core.symbol_history. -#}
{% macro close_listings(history) -%}
    update {{ history }} as standing
    set valid_to_date = listings.valid_to
    from {{ ref('symbol_listings') }} as listings
    where
        standing.asset_class = listings.asset_class
        and standing.symbol = listings.symbol
        and standing.instrument = listings.instrument
        and standing.valid_from_date = listings.valid_from
        and standing.valid_to_date = '9999-12-31'
        and listings.valid_to is not null
{%- endmacro %}
