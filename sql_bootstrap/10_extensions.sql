-- What the warehouse stands on. Applied first, by an administrator.
create extension if not exists timescaledb;

-- A plan over many chunks takes longer to compile than to run: up to seconds for what
-- takes milliseconds.
do $$
begin
    execute format('alter database %I set jit = off', current_database());
exception
    when insufficient_privilege then
        raise notice 'jit stays as it is: only the owner of the database may set it';
end
$$;
