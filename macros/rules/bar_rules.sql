{#- Returns an ordered mapping: the rules a bar is judged by, each with what dbt_project.yml
    does not say. A hard one holds its day back, a soft one is noted in `warnings`.
      broken     SQL predicate over the columns of `in_session` (int_bars__judged): the
                 bar breaks the rule; null counts as kept
      severity   'hard', 'soft' or 'off'
      max_share  share of pending bars that may break it before the gate stops the build;
                 without one it is measured together with the others
                 (var('max_violation_share'))
      is_fixed   true where the rule must stay hard -#}
{% macro bar_rules() %}
    {{ return({
        'price_missing': {
            'broken': 'open is null or high is null or low is null or close is null',
            'severity': 'hard',
            'is_fixed': true,
        },
        'price_not_positive': {
            'broken': 'least(open, high, low, close) <= 0',
            'severity': 'hard',
        },
        'ohlc_inconsistent': {'broken': 'not (' ~ ohlc_holds() ~ ')', 'severity': 'hard'},
        'volume_negative': {'broken': 'volume < 0', 'severity': 'hard'},
        'trade_count_negative': {'broken': 'trade_count < 0', 'severity': 'hard'},
        'in_the_future': {'broken': 'bar_start_at > fetched_at', 'severity': 'hard'},
        'final_too_early': {'broken': bar_is_final_too_early(), 'severity': 'hard'},
        'not_listed': {'broken': 'not is_listed', 'severity': 'hard', 'is_fixed': true},
        'no_session': {'broken': 'open_at is null', 'severity': 'hard', 'is_fixed': true},
        'misaligned': {'broken': 'not (' ~ bar_is_aligned() ~ ')', 'severity': 'hard'},
        'outside_session': {'broken': 'not (' ~ bar_is_in_session() ~ ')', 'severity': 'hard'},
        'rebased': {'broken': 'is_rebased', 'severity': 'hard', 'max_share': 1},
        'basis_uncertain': {
            'broken': 'is_basis_uncertain',
            'severity': 'hard',
            'max_share': 1,
        },
    }) }}
{% endmacro %}
