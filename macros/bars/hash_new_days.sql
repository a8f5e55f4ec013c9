{#- Renders a statement: the fingerprint of a day that was just held back, unless bars of
    it had landed before that this build did not judge; the next one judges them all. -#}
{% macro hash_new_days(judged) -%}
    update quality.quarantined_days as standing
    set bars_hash = fingerprints.bars_hash
    from (
        select
            judged.instrument_id,
            judged.timeframe,
            judged.session_date,
            {{ hash_of_bars('judged') }} as bars_hash
        from {{ judged }} as judged
        inner join quality.quarantined_days as held on {{ same_day('judged', 'held') }}
        where held.state = 'open' and held.bars_hash is null
        group by judged.instrument_id, judged.timeframe, judged.session_date
    ) as fingerprints
    cross join lateral (
        select count(*) as unseen_count
        from ({{ earlier_bars_of('fingerprints') }}) as unseen
    ) as unseen
    where {{ same_day('standing', 'fingerprints') }} and unseen.unseen_count = 0
{%- endmacro %}
