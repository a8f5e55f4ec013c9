{#- Returns an ordered mapping: the rules that a day is measured by beside the days before it
    or other providers, over `measured` and `contradicted` of `quality.outliers`.
      broken        SQL predicate; null counts as kept
      bar_start_at  the bar that shows it; none for the day as a whole
      seen, usual   what was seen, and what is usual -#}
{% macro soft_rules() %}
    {{ return({
        'price_outlier': {
            'broken': 'measured.reach > ' ~ var('outlier_scales') ~ ' * measured.usual_reach',
            'bar_start_at': 'case when measured.highest::double precision / measured.typical_close'
                ~ ' > measured.typical_close / measured.lowest::double precision'
                ~ ' then measured.highest_at else measured.lowest_at end',
            'seen': 'measured.reach',
            'usual': 'measured.usual_reach',
        },
        'price_jump': {
            'broken': 'abs(measured.jump) > ' ~ var('outlier_scales') ~ ' * measured.usual_jump',
            'seen': 'measured.jump',
            'usual': 'measured.usual_jump',
        },
        'unit_suspect': {
            'broken': 'exp(abs(measured.jump)) between 95 and 105',
            'seen': 'exp(measured.jump)',
            'usual': '1',
        },
        'volume_spike': {
            'broken': 'measured.largest_volume > ' ~ var('volume_spike_ratio')
                ~ ' * measured.usual_volume',
            'bar_start_at': 'measured.largest_volume_at',
            'seen': 'measured.largest_volume::double precision',
            'usual': 'measured.usual_volume',
        },
        'stale_repeat': {
            'broken': 'measured.repeat_count >= ' ~ var('stale_repeats'),
            'seen': 'measured.repeat_count',
            'usual': '0',
        },
        'provider_outlier': {
            'broken': 'contradicted.largest_difference is not null',
            'bar_start_at': "(contradicted.evidence ->> 'bar_start_at')::timestamptz",
            'seen': 'contradicted.largest_difference + 1',
            'usual': '1',
        },
    }) }}
{% endmacro %}
