-- The rules that every bar is judged by, as this build applied them.
with rules (rule, severity, max_share) as (
    values
    {%- for rule, settings in settled_rules().items() %}
    (
        '{{ rule }}',
        '{{ settings["severity"] }}',
        {{ settings.get('max_share', none) | default('null', true) }}::double precision
    ){{ ',' if not loop.last }}
    {%- endfor %}
),

listed as (
    select
        rule,
        severity,
        max_share
    from rules
)

select * from listed
