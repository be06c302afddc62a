-- What operators tell devices to do, and what became of it.

-- What was asked for in one request: its id is the sender’s choice, so that a request sent twice orders once.
create table command_order (
  order_id uuid primary key,
  -- Of everything that was asked for.
  request_sha256 bytea not null check (octet_length(request_sha256) = 32),
  ordered_at timestamptz not null,
  ordered_by uuid not null references operator
);

create table command_campaign (
  campaign_id uuid primary key,
  request_sha256 bytea not null check (octet_length(request_sha256) = 32),
  name text not null,
  type text not null,
  body jsonb not null,
  filter jsonb not null,
  -- Devices that come to match later are told too.
  is_continuing boolean not null,
  per_minute integer not null check (per_minute > 0),
  -- Stopped when more than this share of those that ended has failed, of at least so many.
  abort_percent integer not null check (abort_percent between 1 and 100),
  abort_least integer not null check (abort_least > 0),
  life_seconds integer not null check (life_seconds > 0),
  -- In the local time of each device; null: at any time.
  maintenance_window jsonb,
  state text not null default 'running' check (state in ('running', 'paused', 'stopped', 'finished')),
  stopped_because text check (stopped_because in ('operator', 'failures'))
    check ((stopped_because is not null) = (state = 'stopped')),
  created_at timestamptz not null,
  created_by uuid not null references operator,
  -- Devices that it is for, so far.
  devices integer not null default 0,
  -- The time up to which its rate has been used.
  paced_until timestamptz not null,
  -- When devices that match were last looked for.
  gathered_at timestamptz not null,
  finished_at timestamptz,
  -- How many of its commands ended how, once it is over: nothing is counted again.
  final_counts jsonb
);
create index command_campaign_newest on command_campaign (created_at desc, campaign_id desc);
create index command_campaign_at_work on command_campaign (campaign_id) where finished_at is null;

create table command (
  command_id uuid primary key,
  -- In the order of their making.
  place bigint not null generated always as identity unique,
  -- No foreign key: a campaign to a whole fleet would lock each of its devices. A device is never deleted.
  device_id uuid not null,
  order_id uuid references command_order,
  campaign_id uuid references command_campaign,
  type text not null,
  body jsonb not null,
  state text not null default 'queued' check (state in
    ('queued', 'sent', 'acknowledged', 'succeeded', 'failed', 'refused', 'expired', 'cancelled')),
  ordered_at timestamptz not null,
  ordered_by uuid not null references operator,
  not_before timestamptz not null,
  not_after timestamptz not null check (not_after > not_before),
  maintenance_window jsonb,
  retries integer not null default 0,

  -- Reserved for it, and what is to be signed under it, before the HSM is asked.
  number bigint check (number > 0),
  signing_input text,
  -- As sent: the number, and the JWS.
  sent_number bigint,
  statement text,
  sent_at timestamptz,
  attempts integer not null default 0,
  -- After the device said "not now".
  retry_after timestamptz,
  -- When the device is to be woken for it; null: it was.
  wake_at timestamptz,

  acknowledged_at timestamptz,
  progress integer check (progress between 0 and 100),
  finished_at timestamptz,
  failure text,
  -- Self tests, and how often the tripwire cut something out.
  result jsonb,
  -- What the device reported after the command was over for the server.
  late_state text check (late_state in ('succeeded', 'failed', 'refused')),
  -- The device’s own time in its last report; the JWS that carried it, and its SHA-256.
  reported_at timestamptz,
  report text,
  report_sha256 text check (report_sha256 ~ '^[0-9a-f]{64}$'),

  check ((order_id is null) <> (campaign_id is null)),
  check (number is null or sent_number is null or number >= sent_number),
  check ((finished_at is not null) =
    (state in ('succeeded', 'failed', 'refused', 'expired', 'cancelled')))
);
create unique index command_of_order on command (order_id, device_id) where order_id is not null;
create unique index command_numbered on command (device_id, number) where number is not null;
-- What waits for this device.
create index command_waiting on command (device_id) where state in ('queued', 'sent', 'acknowledged');
create index command_of_device on command (device_id, place desc);
create index command_by_state on command (state, type, place desc);
create index command_of_campaign on command (campaign_id, state, place desc) where campaign_id is not null;
create index command_ending on command (not_after) where state in ('queued', 'sent', 'acknowledged');
create index command_to_wake on command (wake_at) where wake_at is not null;
-- De-registrations that wait for the device’s purge certificate.
create index command_deregistering on command (device_id)
  where type = 'deregister' and state in ('sent', 'acknowledged');

-- The last number given to a command of each device: it only grows.
create table command_device (
  device_id uuid primary key,
  last_number bigint not null check (last_number > 0)
);

-- Whom a campaign is for. What it sends next is read straight from the second index.
create table command_campaign_device (
  campaign_id uuid not null references command_campaign,
  device_id uuid not null,
  -- `skipped`: too much waited for the device, or its state did not allow it.
  outcome text check (outcome in ('ordered', 'skipped')),
  primary key (campaign_id, device_id)
);
create index command_campaign_next on command_campaign_device (campaign_id, device_id) where outcome is null;
create index command_campaign_skipped on command_campaign_device (campaign_id) where outcome = 'skipped';

-- Logs that devices sent when they were asked to, after the tripwire; kept for a month.
create table command_log (
  command_id uuid primary key references command,
  device_id uuid not null,
  text text not null check (octet_length(text) <= 262144),
  received_at timestamptz not null
);
create index command_log_oldest on command_log (received_at);

-- Certificates of the keys that sign commands.
create table command_key_certificate (
  sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
  hsm_key_id text not null,
  der bytea not null,
  not_after timestamptz not null
);
create index command_key_certificate_latest on command_key_certificate (hsm_key_id, not_after desc);
