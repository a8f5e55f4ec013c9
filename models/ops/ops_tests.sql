with test_results as (
    select * from {{ source('ledgers', 'test_results') }}
),

described as (
    select
        -- keys
        test_name,
        models,
        -- outcome
        status,
        failure_count,
        -- times
        run_at,
        last_failed_at,
        -- lineage
        test_id,
        invocation_id
    from test_results
)

select * from described
