{#- Renders CTEs up to `known`: the rows of a hypertable as they were known at an instant, the
    argument `as_of`. A row that was never changed is known since its load was landed, one
    that replaced another since it did, and a replaced one until then. Needs the CTEs
    `standing` (the hypertable) and `revisions` (its revisions) in scope.
    key: list of columns that name a row.
    columns: list of the columns to give. -#}
{% macro bars_as_of(key, columns) -%}
changes as (
    select
        {{ key | join(', ') }},
        max(revised_at) as revised_at
    from revisions
    group by {{ key | join(', ') }}
),

replaced as (
    select
        *,
        lag(revised_at) over (
            partition by {{ key | join(', ') }} order by revised_at
        ) as known_from_at
    from revisions
),

known as (
    select {{ columns_of('standing', columns) }}
    from standing
    left join changes on {{ same_key('standing', 'changes', key) }}
    where coalesce(changes.revised_at, standing.loaded_at) <= {{ argument('as_of') }}
    union all
    select {{ columns_of('replaced', columns) }}
    from replaced
    where
        replaced.revised_at > {{ argument('as_of') }}
        and coalesce(replaced.known_from_at, replaced.loaded_at) <= {{ argument('as_of') }}
)
{%- endmacro %}
