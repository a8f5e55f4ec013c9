{#- Returns true or false: did so many days change that whatever concerns them is found sooner by
    reading all bars once than by looking each day up? -#}
{% macro many_days_changed() %}
    {{ return(
        execute
        and run_query('select count(*) > 1000 from ops.changed_days').rows[0][0]
    ) }}
{% endmacro %}
