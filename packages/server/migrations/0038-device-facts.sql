-- What is known of a device's host, service and client: the newest, and how it came to be so.

create table device_facts (
  device_id uuid primary key references device,
  facts jsonb not null check (octet_length(facts::text) <= 8192),
  changed_at timestamptz not null,
  clock_state text generated always as (facts ->> 'clockState') stored,
  clock_uncertainty_ms bigint generated always as ((facts ->> 'clockUncertaintyMs')::bigint) stored
) with (fillfactor = 70);

create table device_facts_change (
  change_id bigint generated always as identity primary key,
  device_id uuid not null references device,
  at timestamptz not null,
  -- By name: what it was (null: not known) and what it became. So what was known at any time is what is known
  -- now, with the changes since then taken back.
  changes jsonb not null check (octet_length(changes::text) <= 16384)
);
create index device_facts_change_by_device on device_facts_change (device_id, at, change_id);
create index device_facts_change_by_time on device_facts_change (at);
