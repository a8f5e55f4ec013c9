{#- Renders a text expression: what became of a landed bar, over `landed`, the version it
    made (`used`) and the one that stands (`standing`), either of which may be missing.
    For `landed_bars`. -#}
{% macro landed_verdict() -%}
    case
        when used.load_id is not null and used.revised_at is null then 'published'
        when used.load_id is not null then 'revised'
        when landed.request_id in (select request_id from discarded_requests)
            then 'discarded'
        when landed.is_rejected then 'rejected'
        when {{ lies_in_lake_alone('landed') }} then 'archived'
        when
            (
                select count(*)
                from published_loads
                where landed.load_id = published_loads.load_id
            ) < {{ var('load_consumers') | length }}
            then 'pending'
        when
            landed.provider = standing.provider
            and landed.raw_figures = array[
                standing.open, standing.high, standing.low, standing.close, standing.volume
            ]
            then 'repeated'
        when
            (landed.instrument_id, landed.timeframe, landed.placed_on) in (
                select instrument_id, timeframe, session_date from held_days
            )
            then 'held'
        when landed.provider_priority > standing.provider_priority then 'outranked'
        when standing.is_final and not landed.is_final then 'in_progress'
        when landed.loaded_at <= standing.loaded_at then 'superseded'
        else 'not_chosen'
    end
{%- endmacro %}
