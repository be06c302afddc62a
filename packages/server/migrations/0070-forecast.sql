-- The fleet by what decides whether a certificate is renewed in time: counted every few minutes, so that the
-- forecast of a million devices is read from some ten thousand rows. docs/findings.md

-- Each count is a generation of its own; the newest is read, and none is ever half there.
create table forecast_generation (
  generation bigint primary key generated always as identity,
  taken_at timestamptz not null,
  -- The last event when it was taken: a policy or group that changed later is not in it.
  last_seq bigint not null
);

-- Devices that are told apart by filters and groupings, and that one policy rules.
create table forecast_segment (
  generation bigint not null references forecast_generation on delete cascade,
  segment integer not null,
  model_id uuid not null,
  group_id uuid,
  -- Of the provider certificate; none while a device has no certificate.
  country text,
  policy_id uuid not null,
  primary key (generation, segment)
);

create table forecast_cell (
  generation bigint not null,
  segment integer not null,
  devices integer not null,
  -- Days since 1970-01-01, UTC. Null where there is no certificate that can still end.
  end_day integer,
  issue_day integer,
  -- Whole days from issue to end, and the day on which two thirds of that are over.
  life_days integer,
  two_thirds_day integer,
  -- How long the device was silent, in steps: see silence.ts.
  silence smallint,
  -- Whether a provider certificate is there under which a new certificate would last longer.
  has_longer_issuer boolean,
  is_ended boolean not null
);
create index forecast_cell_of_segment on forecast_cell (generation, segment);
