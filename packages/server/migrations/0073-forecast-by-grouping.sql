-- The count of the fleet by each grouping that is asked for, beside the whole cube for those who filter: an answer
-- is read from some thousand rows. Nothing is lost with the tables: the fleet is counted anew within minutes.

drop table forecast_cell, forecast_segment;
delete from forecast_generation;

-- Devices that are told apart, and that one policy rules. `all`: by everything; else by policy and one thing more.
create table forecast_segment (
  generation bigint not null references forecast_generation on delete cascade,
  segment integer not null,
  kind text not null check (kind in ('all', 'model', 'group', 'country', 'policy')),
  model_id uuid,
  group_id uuid,
  -- Of the provider certificate; none while a device has no certificate.
  country text,
  policy_id uuid not null,
  primary key (generation, segment)
);

create table forecast_cell (
  generation bigint not null,
  segment integer not null,
  -- Days since 1970-01-01, UTC. Null where there is no certificate that can still end.
  end_day integer,
  issue_day integer,
  -- Whole days from issue to end, and the day on which two thirds of that are over.
  life_days integer,
  two_thirds_day integer,
  -- Whether a provider certificate is there under which a new certificate would last longer.
  has_longer_issuer boolean,
  is_ended boolean not null,
  devices integer not null,
  -- Of those, how many have been silent for so long; see silence.ts.
  silent_1h integer not null,
  silent_6h integer not null,
  silent_24h integer not null,
  silent_48h integer not null
);
create index forecast_cell_of_segment on forecast_cell (generation, segment);

-- The count reads certificates from this index alone; a certificate is a kilobyte.
drop index one_active_certificate;
create unique index one_active_certificate on device_certificate (device_id)
  include (issued_at, not_after, provider_certificate_id) where status = 'active';
