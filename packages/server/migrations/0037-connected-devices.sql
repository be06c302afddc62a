-- Which devices hold a live channel, and to which server process. True only while that process says so: what a
-- process that died left behind goes with it.

create table channel_process (
  process_id uuid primary key,
  started_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp()
);

create table channel_device (
  device_id uuid primary key references device,
  process_id uuid not null references channel_process on delete cascade,
  since timestamptz not null
);
create index channel_device_by_process on channel_device (process_id);
