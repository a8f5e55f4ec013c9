-- The walls between the layers.

-- extract lands and reads its own; it can neither change nor delete what landed.
grant usage, create on schema staging to loader;
grant select, insert on all tables in schema staging to loader;

-- dbt reads staging and owns every later layer.
grant usage on schema staging to transformer;
grant select on all tables in schema staging to transformer;
alter default privileges for role loader in schema staging
grant select on tables to transformer;
grant usage, create on schema prep, core, marts, quality, ops to transformer;
grant select, insert, update, delete on
ops.published_loads, ops.published_bases, ops.changed_ranges, ops.changed_days,
ops.bar_versions, ops.aggregate_states, ops.view_states, ops.test_results,
ops.archived_ranges, quality.quarantined_days, quality.warned_days
to transformer;
-- what was decided stays on record
grant select, insert on quality.quarantine_decisions to transformer;
grant select on ops.schema_versions, ops.warehouse_identity to transformer;

-- analysts read what is published.
grant usage on schema core, marts, quality, ops to analyst;
grant select on all tables in schema core, marts, quality, ops to analyst;
alter default privileges for role transformer in schema core
grant select on tables to analyst;
alter default privileges for role transformer in schema marts
grant select on tables to analyst;
alter default privileges for role transformer in schema quality
grant select on tables to analyst;
alter default privileges for role transformer in schema ops
grant select on tables to analyst;
