-- What is done again and again, by whichever server process gets to it first.
create table scheduled_job (
  name text primary key,
  due_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  finished_at timestamptz,
  -- The process that works on it now, for as long as it shows that it is alive.
  held_by uuid,
  held_until timestamptz,
  failures integer not null default 0,
  last_failure text
);
