{#- Renders a statement, the hook before an incremental append that brings every row: the
    rows go, the table stays and with it the views on it. A table made anew would take
    them along, and a build that a test stops would not bring them back. Nothing on the
    first build and on a full refresh. -#}
{% macro replace_rows() -%}
    {% if is_incremental() %}truncate table {{ this }}{% endif %}
{%- endmacro %}
