{#- Renders a select statement: every change of a published bar of one hypertable, what it
    said before beside what it said after. The revisions lead, so it costs by them and not
    by the bars. Without revisions no rows.
    table: name of the CTE with the hypertable; its revisions are `<table>_revisions`.
    timeframe: SQL expression of the timeframe over `before`.
    key: list of columns that name a row. -#}
{% macro bar_changes(table, timeframe, key) -%}
    select
        before.instrument_id,
        {{ timeframe }} as timeframe,
        before.bar_start_at,
        before.session_date,
        before.revised_at,
        before.is_final as was_final,
        later.instrument_id is not null or standing.instrument_id is not null as is_replaced,
        {%- for column in [
            'provider', 'feed', 'load_id', 'open', 'high', 'low', 'close', 'volume'
        ] %}
        before.{{ column }} as {{ column }}_before,
        case when before.is_last then standing.{{ column }} else later.{{ column }} end
            as {{ column }}_after
        {{- ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            *,
            row_number() over versions as place,
            lead(revised_at) over versions is null as is_last
        from {{ table }}_revisions
        window versions as (partition by {{ key | join(', ') }} order by revised_at)
    ) as before
    left join (
        select
            *,
            row_number() over (
                partition by {{ key | join(', ') }} order by revised_at
            ) as place
        from {{ table }}_revisions
    ) as later on {{ same_key('before', 'later', key) }} and later.place = before.place + 1
    left join {{ table }} as standing
        on before.is_last and {{ same_key('before', 'standing', key) }}
{%- endmacro %}
