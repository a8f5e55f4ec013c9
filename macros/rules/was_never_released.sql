{#- Renders a predicate: a bar lies on a day that nobody ever released as it was; on one that
    was, bars may break rules.
    bars: alias with instrument_id and session_date. -#}
{% macro was_never_released(bars) -%}
    not exists (
        select 1
        from {{ ref('stg_quarantine_decisions') }} as decisions
        where
            decisions.decision = 'release'
            and decisions.instrument_id = {{ bars }}.instrument_id
            and decisions.session_date = {{ bars }}.session_date
    )
{%- endmacro %}
