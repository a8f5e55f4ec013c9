-- For databases in use: the profile of a day knows the times that its bars cover. Every
-- day that has bars is looked at once more by the next build.

do $$
begin
    if to_regclass('core.day_profiles') is null then
        return;
    end if;
    alter table core.day_profiles add column if not exists covered tstzmultirange;
    insert into ops.changed_days (instrument_id, timeframe, session_date)
    select distinct instrument_id, '1m', session_date
    from core.bars_1m
    union all
    select distinct instrument_id, timeframe, session_date
    from core.bars_intraday
    union all
    select distinct instrument_id, '1d', session_date
    from core.bars_1d
    on conflict do nothing;
end
$$;
