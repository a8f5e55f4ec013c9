{#- Returns the columns of `marts.indicators_1d` that are indicators, in order. A unit test
    holds them together with those of the API. -#}
{% macro indicator_names() %}
    {{ return([
        'return_1', 'logreturn_1', 'vol_20',
        'sma_20', 'ema_20', 'wma_20',
        'bbands_20_2_lower', 'bbands_20_2_middle', 'bbands_20_2_upper',
        'macd', 'macd_signal', 'macd_hist',
        'rsi_14', 'stoch_14_3_3_k', 'stoch_14_3_3_d',
        'atr_14', 'adx_14', 'obv', 'vwap',
    ]) }}
{% endmacro %}
