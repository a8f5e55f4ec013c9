-- For databases in use: a day held back may be released or rejected.

alter table quality.quarantined_days
add column if not exists providers text,
add column if not exists bars_hash text,
add column if not exists decision_id bigint;

alter table quality.quarantined_days
drop constraint if exists quarantined_days_state_check;
alter table quality.quarantined_days
add constraint quarantined_days_state_check
check (state in ('open', 'cleared', 'released', 'rejected'));
