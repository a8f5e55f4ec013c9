-- Where an ended session has no bars, and why.
with days as (
    select * from {{ ref('expected_days') }}
    where not present @> expected
),

holes as (
    select
        *,
        unnest(expected - present) as hole
    from days
),

-- an answer of anybody beats every failure, and a limit another failure
explained as (
    select
        *,
        case
            when is_listed and not is_quarantined then tstzmultirange(hole) - answered
            else '{}'
        end as unanswered,
        case
            when is_listed and not is_quarantined then tstzmultirange(hole) * answered
            else '{}'
        end as confirmed,
        case
            when is_listed and not is_quarantined then '{}'
            else tstzmultirange(hole)
        end as withheld
    from holes
),

parts as (
    select
        symbol,
        timeframe,
        session_date,
        instrument_id,
        bar_length,
        hole,
        state,
        unnest(ranges) as part
    from explained
    cross join
        unnest(
            array[
                'no_trades',
                'rate_limited',
                'failed',
                'not_requested',
                case when is_listed then 'quarantined' else 'not_listed' end
            ],
            array[
                confirmed,
                unanswered * rate_limited,
                (unanswered - rate_limited) * failed,
                unanswered - rate_limited - failed,
                withheld
            ]
        ) as parts (state, ranges)
),

-- a bar has one state: what ends within it is moved to its start
whole as (
    select
        *,
        tstzrange(
            date_bin(bar_length, lower(part), lower(hole)),
            case
                when upper(part) = upper(hole) then upper(part)
                else date_bin(bar_length, upper(part), lower(hole))
            end
        ) as bars
    from parts
),

missing as (
    select
        -- keys
        symbol,
        timeframe,
        session_date,
        lower(bars) as start_at,
        upper(bars) as end_at,
        instrument_id,
        -- state
        state,
        case state
            when 'not_listed' then 0
            else {{ bars_in('bars', 'lower(hole)') }}
        end as expected_count
    from whole
    where not isempty(bars)
)

select * from missing
