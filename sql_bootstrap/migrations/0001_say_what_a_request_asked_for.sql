-- For databases in use: what a request asked for, how far its answer is settled, and
-- the provider's own ids of splits and dividends.

alter table staging.requests
add column if not exists symbol text,
add column if not exists provider_symbol text,
add column if not exists feed text,
add column if not exists dataset text,
add column if not exists session_scope text,
add column if not exists settled_until_at timestamptz(6),
add column if not exists retry_count bigint,
add column if not exists wait_seconds numeric(38, 18);

alter table staging.raw_splits add column if not exists event_id text;
alter table staging.raw_dividends add column if not exists event_id text;

create index if not exists requests_by_subject
on staging.requests (provider, provider_symbol, dataset, timeframe);
