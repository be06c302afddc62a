-- Whatever takes the events of the record one after the other has a place in it. Webhooks are the first.

create table follower (
  name text primary key check (char_length(name) between 1 and 80),
  -- Every event up to this number was taken, or was none that is wanted.
  last_seq bigint not null check (last_seq >= 0),
  last_taken_at timestamptz,
  failures integer not null default 0,
  failing_since timestamptz,
  last_failure text check (char_length(last_failure) <= 64),
  -- Null: stopped, until an operator resumes it.
  next_attempt_at timestamptz,
  -- The process that hands it events now; without a sign of life until then, another one may.
  held_by uuid,
  held_until timestamptz
);

insert into follower (name, last_seq, last_taken_at, failures, failing_since, last_failure, next_attempt_at)
  select 'webhook:' || webhook_id, last_seq, last_delivered_at, failures, failing_since, last_failure, next_attempt_at
  from webhook;

alter table webhook drop column last_seq, drop column last_delivered_at, drop column failures,
  drop column failing_since, drop column last_failure, drop column next_attempt_at;

delete from scheduled_job where name = 'webhooks';
