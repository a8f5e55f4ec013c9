-- The landing tables, as extract/landing.py declares them (a test holds the two
-- together). Append-only: the loader may insert and read, nothing else. A load counts
-- only once dlt has written its row in staging._dlt_loads, so a load that was cut off
-- is never seen.

create table if not exists staging.raw_bars (
    provider text not null,
    provider_symbol text not null,
    asset_class text not null,
    exchange text not null,
    feed text not null,
    currency text not null,
    timeframe text not null,
    bar_start_at timestamptz(6) not null,
    session_date date,
    source_timestamp text not null,
    open numeric(38, 18),
    high numeric(38, 18),
    low numeric(38, 18),
    close numeric(38, 18),
    volume numeric(38, 18),
    volume_unit text not null,
    vwap numeric(38, 18),
    trade_count bigint,
    adjusted_close numeric(38, 18),
    price_basis text not null,
    session_scope text not null,
    is_final boolean not null,
    request_id text not null,
    source_row bigint,
    fetched_at timestamptz(6) not null,
    _dlt_load_id text not null
);

comment on table staging.raw_bars is
'Bars as each provider reported them. Grain: one row per reported bar and load';

create table if not exists staging.raw_splits (
    provider text not null,
    provider_symbol text not null,
    asset_class text not null,
    exchange text not null,
    ex_date date not null,
    split_ratio numeric(38, 18) not null,
    event_id text,
    derivation text not null,
    request_id text not null,
    source_row bigint,
    fetched_at timestamptz(6) not null,
    _dlt_load_id text not null
);

comment on table staging.raw_splits is
'Splits as reported. Grain: one row per reported split and load';

create table if not exists staging.raw_dividends (
    provider text not null,
    provider_symbol text not null,
    asset_class text not null,
    exchange text not null,
    ex_date date not null,
    dividend_amount numeric(38, 18) not null,
    currency text not null,
    amount_basis text not null,
    event_id text,
    derivation text not null,
    request_id text not null,
    source_row bigint,
    fetched_at timestamptz(6) not null,
    _dlt_load_id text not null
);

comment on table staging.raw_dividends is
'Cash dividends as reported. Grain: one row per reported dividend and load';

create table if not exists staging.raw_sessions (
    exchange text not null,
    session_date date not null,
    open_at timestamptz(6) not null,
    close_at timestamptz(6) not null,
    break_start_at timestamptz(6),
    break_end_at timestamptz(6),
    is_early_close boolean not null,
    calendar_version text not null,
    request_id text not null,
    source_row bigint,
    fetched_at timestamptz(6) not null,
    _dlt_load_id text not null
);

comment on table staging.raw_sessions is
'Exchange sessions by calendar version. Grain: one row per exchange, session and load';

create table if not exists staging.raw_assets (
    provider text not null,
    provider_symbol text not null,
    asset_class text not null,
    exchange text not null,
    currency text not null,
    symbol text not null,
    asset_name text,
    is_active boolean,
    derivation text not null,
    request_id text not null,
    source_row bigint,
    fetched_at timestamptz(6) not null,
    _dlt_load_id text not null
);

comment on table staging.raw_assets is
'Which instrument of ours a spelling means. Grain: one row per spelling and load';

create table if not exists staging.raw_rejects (
    provider text not null,
    source text not null,
    column_name text,
    seen_value text,
    reason text not null,
    record text,
    request_id text not null,
    source_row bigint,
    fetched_at timestamptz(6) not null,
    _dlt_load_id text not null
);

comment on table staging.raw_rejects is
'Records that could not be read, with place and reason. Grain: one row per problem';

create table if not exists staging.requests (
    request_id text not null,
    provider text not null,
    source text not null,
    fingerprint text not null,
    timeframe text,
    symbol text,
    provider_symbol text,
    feed text,
    dataset text,
    session_scope text,
    window_start_at timestamptz(6),
    window_end_at timestamptz(6),
    settled_until_at timestamptz(6),
    outcome text not null,
    row_count bigint not null,
    reject_count bigint not null,
    reason text,
    retry_count bigint,
    wait_seconds numeric(38, 18),
    requested_at timestamptz(6) not null,
    _dlt_load_id text not null
);

comment on table staging.requests is
'The coverage ledger: what was asked and what came. Grain: one row per request';

-- dlt's own ledger of completed loads; declared here so that dbt can read it before the
-- first load.
create table if not exists staging._dlt_loads (
    load_id varchar not null,
    schema_name varchar,
    status bigint not null,
    inserted_at timestamptz not null,
    schema_version_hash varchar
);

create index if not exists loads_by_id on staging._dlt_loads (load_id);
create index if not exists raw_bars_by_load on staging.raw_bars (_dlt_load_id);
create index if not exists raw_bars_by_key
on staging.raw_bars (provider_symbol, timeframe, bar_start_at);
-- requests_by_subject is made by migration 0001, after the columns it needs.
create index if not exists requests_by_fingerprint on staging.requests (fingerprint);

-- dlt's memory of its schemas and pipelines.
create table if not exists staging._dlt_version (
    version bigint not null,
    engine_version bigint not null,
    inserted_at timestamptz not null,
    schema_name varchar not null,
    version_hash varchar not null,
    schema varchar not null
);
create table if not exists staging._dlt_pipeline_state (
    version bigint not null,
    engine_version bigint not null,
    pipeline_name varchar not null,
    state varchar not null,
    created_at timestamptz not null,
    version_hash varchar,
    _dlt_load_id varchar not null,
    _dlt_id varchar not null
);
