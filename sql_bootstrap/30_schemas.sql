-- The layers of the warehouse, in the order a bar passes them.
create schema if not exists staging;
create schema if not exists prep;
create schema if not exists core;
create schema if not exists marts;
create schema if not exists quality;
create schema if not exists ops;

comment on schema staging is
'What providers reported: append-only, written by extract (role loader)';
comment on schema prep is
'Private steps of dbt between staging and core; not for querying';
comment on schema core is
'The contract: bars, sessions, instruments, corporate actions, factors';
comment on schema marts is 'What analysts query';
comment on schema quality is 'What was held back, and the rows that failed a test';
comment on schema ops is 'How the warehouse itself is doing';
