-- What dbt remembers between builds. Written in the same transaction as the rows they
-- speak of, so a build that is killed at any point is simply continued by the next one.

create table if not exists ops.published_loads (
    consumer text not null,
    load_id text not null,
    published_at timestamptz not null default now(),
    primary key (consumer, load_id)
);
comment on table ops.published_loads is
'Which loads each consumer has taken in. Grain: one row per consumer and load';

create table if not exists ops.published_bases (
    consumer text not null,
    instrument_id bigint not null,
    basis_hash text not null,
    published_at timestamptz not null default now(),
    primary key (consumer, instrument_id)
);
comment on table ops.published_bases is
'By which splits restated bars were published. Grain: one row per consumer, instrument';

create table if not exists ops.changed_ranges (
    range_id bigint generated always as identity primary key,
    relation_name text not null,
    range_start_at timestamptz not null,
    range_end_at timestamptz not null,
    row_count bigint not null,
    recorded_at timestamptz not null default now()
);
comment on table ops.changed_ranges is
'Time ranges [start, end) in which rows changed; aggregates refresh just these';
create index if not exists changed_ranges_by_relation
on ops.changed_ranges (relation_name, range_id);

create table if not exists ops.changed_days (
    instrument_id bigint not null,
    timeframe text not null,
    session_date date not null,
    primary key (instrument_id, timeframe, session_date)
);
comment on table ops.changed_days is
'Session days whose bars changed since core.day_profiles was built, which forgets them';
create table if not exists ops.bar_versions (
    relation_name text not null,
    instrument_id bigint not null,
    month_start_date date not null,
    version_id uuid not null default gen_random_uuid(),
    primary key (instrument_id, relation_name, month_start_date)
);
comment on table ops.bar_versions is
'Another id with each change of bars. Grain: one row per relation, instrument, month';

create table if not exists ops.warehouse_identity (
    is_only boolean primary key default true check (is_only),
    warehouse_id uuid not null default gen_random_uuid()
);
comment on table ops.warehouse_identity is
'Which warehouse this is, to caches of several. Grain: one row per warehouse';
insert into ops.warehouse_identity default values on conflict do nothing;

create table if not exists ops.aggregate_states (
    relation_name text primary key,
    definition_hash text not null,
    last_range_id bigint not null default 0,
    built_at timestamptz not null default now()
);
comment on table ops.aggregate_states is
'Definition and refresh position of each continuous aggregate';

create table if not exists ops.view_states (
    relation_name text primary key,
    definition_hash text not null,
    view_oid oid not null
);
comment on table ops.view_states is
'Definition of each view and function that dbt made. Grain: one row of each';

create table if not exists ops.archived_ranges (
    relation_name text not null,
    range_start_at timestamptz not null,
    range_end_at timestamptz not null,
    row_count bigint not null,
    archived_at timestamptz not null default now(),
    primary key (relation_name, range_start_at)
);
comment on table ops.archived_ranges is
'What only the lake holds. Grain: one row per relation and partition of the lake';

create table if not exists ops.schema_versions (
    file_name text primary key,
    kind text not null check (kind in ('base', 'migration')),
    sha256 text not null,
    applied_at timestamptz not null default now()
);
comment on table ops.schema_versions is
'Which files of sql_bootstrap this database has, by content';

create table if not exists quality.warned_days (
    instrument_id bigint not null,
    timeframe text not null,
    session_date date not null,
    rule text not null,
    bar_start_at timestamptz not null,
    bar_count bigint not null,
    primary key (instrument_id, timeframe, session_date, rule)
);
comment on table quality.warned_days is
'Days whose bars break a rule made soft. Grain: one row per day and rule';

create table if not exists quality.quarantined_days (
    instrument_id bigint not null,
    timeframe text not null,
    session_date date not null,
    state text not null check (state in ('open', 'cleared', 'released', 'rejected')),
    rules text not null,
    violation_count bigint not null,
    bar_count bigint not null,
    evidence jsonb not null,
    -- the providers whose bars broke a rule
    providers text,
    -- of the bars that won; null where the day was judged without some that had landed
    bars_hash text,
    -- the newest decision on the day when it was judged
    decision_id bigint,
    first_seen_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    primary key (instrument_id, timeframe, session_date)
);
comment on table quality.quarantined_days is
'Session days held back and why. Grain: one row per instrument, timeframe, session day';

create table if not exists quality.quarantine_decisions (
    decision_id bigint generated always as identity primary key,
    instrument_id bigint not null,
    timeframe text not null,
    session_date date not null,
    decision text not null check (decision in ('release', 'reject')),
    -- whose bars are rejected; null for a release
    providers text,
    -- the bars that are released; null for a rejection
    bars_hash text,
    rules text not null,
    reason text not null,
    decided_by text not null,
    decided_at timestamptz not null default now(),
    check ((decision = 'release') = (bars_hash is not null)),
    check ((decision = 'reject') = (providers is not null))
);
comment on table quality.quarantine_decisions is
'What people decided on days held back; append-only. Grain: one row per decision';
create index if not exists quarantine_decisions_by_day
on quality.quarantine_decisions (instrument_id, timeframe, session_date);

create table if not exists ops.test_results (
    test_id text primary key,
    test_name text not null,
    models text not null,
    status text not null,
    failure_count bigint,
    run_at timestamptz not null,
    invocation_id text not null,
    last_failed_at timestamptz
);
comment on table ops.test_results is
'How each data test last ended, and when it last failed. Grain: one row per test';
