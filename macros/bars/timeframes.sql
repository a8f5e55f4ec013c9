{#- Returns a mapping: every timeframe that lands, with its length as an interval literal, days
    before minutes before longer bars, as prices are looked for. The length of '1 day' would
    depend on the time zone of whoever asks. A unit test holds this together with the
    landing contract. -#}
{% macro timeframes() %}
    {{ return({
        '1d': '24 hours',
        '1m': '1 minute',
        '5m': '5 minutes',
        '15m': '15 minutes',
        '30m': '30 minutes',
        '1h': '1 hour',
        '4h': '4 hours',
    }) }}
{% endmacro %}
