-- For databases in use: the notional of a bar is its vwap times its volume, and is not
-- kept beside them any more: a quarter of the bytes of a compressed minute. Bars stay;
-- the aggregates, which summed it up, are made anew by the next build. It says so where
-- it cannot, because the lake alone has their minutes.
do $$
declare
    found text;
begin
    if not exists (
        select from pg_catalog.pg_attribute
        where
            attrelid = to_regclass('core.bars_1m') and attname = 'notional'
            and not attisdropped
    ) then
        return;
    end if;
    foreach found in array array['4h', '1h', '30m', '15m', '5m', '1d']
    loop
        execute format('drop materialized view if exists core.rollup_%s cascade', found);
    end loop;
end
$$;

-- with the views and functions that name it; the next build makes them anew
alter table if exists core.bars_1m
drop column if exists notional cascade;
alter table if exists core.bars_intraday
drop column if exists notional cascade;
alter table if exists core.bars_1d
drop column if exists notional cascade;
alter table if exists core.bars_1m_revisions
drop column if exists notional cascade;
alter table if exists core.bars_intraday_revisions
drop column if exists notional cascade;
alter table if exists core.bars_1d_revisions
drop column if exists notional cascade;
