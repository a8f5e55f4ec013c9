-- What the warehouse stands on. Applied first, by an administrator.
create extension if not exists timescaledb;
