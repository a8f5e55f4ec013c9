-- One role per hand that writes, and one that only reads. They have no password, so
-- nobody logs in as one of them: people and services get their own login and are
-- granted one of these. `login` is there because TimescaleDB runs the policies of a
-- hypertable as its owner.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['loader', 'transformer', 'analyst']
    loop
        if not exists (select 1 from pg_catalog.pg_roles where rolname = wanted) then
            execute format('create role %I login', wanted);
        end if;
        -- Whoever sets the warehouse up may act as each of them.
        if not pg_catalog.pg_has_role(current_user, wanted, 'member') then
            execute format('grant %I to %I', wanted, current_user);
        end if;
    end loop;
end
$$;

comment on role loader is 'Barhouse: extract; the only writer of schema staging';
comment on role transformer is
'Barhouse: dbt; reads staging, writes every other schema';
comment on role analyst is
'Barhouse: people who query; reads marts, core, quality and ops';
