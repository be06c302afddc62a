-- What operators do to many devices at once, worked off in the background, a bounded part at a time.

create table bulk_act (
  -- The sender’s choice: the same request again makes no second one.
  bulk_act_id uuid primary key,
  request_sha256 bytea not null check (octet_length(request_sha256) = 32),
  act text not null,
  -- What the act needs besides: a reason, a group, a command.
  terms jsonb not null,
  -- For colleagues; kept beside the record of each device, not in it.
  note text,
  -- One of both: the devices, in the order of their ids, or the filter that finds them.
  device_ids uuid[],
  filter jsonb,
  state text not null default 'queued'
    check (state in ('queued', 'running', 'finished', 'cancelled', 'failed')),
  -- As counted when it was ordered.
  devices integer not null check (devices >= 0),
  created_at timestamptz not null,
  created_by uuid not null references operator,
  started_at timestamptz,
  finished_at timestamptz check ((finished_at is not null) = (state in ('finished', 'cancelled', 'failed'))),
  -- The last device that was worked off; written with what was done to it, so that work goes on behind it.
  place uuid,
  done integer not null default 0,
  changed integer not null default 0,
  failed integer not null default 0,
  -- Tries in a row that ended in an error of the server’s own.
  tries integer not null default 0,
  failure_code text check ((failure_code is not null) = (state = 'failed')),
  check ((device_ids is null) <> (filter is null))
);
create index bulk_act_newest on bulk_act (created_at desc, bulk_act_id desc);
create index bulk_act_at_work on bulk_act (created_at) where finished_at is null;

-- Devices that an act did not change, and why; rows of a file that name no device have no id.
create table bulk_act_failure (
  bulk_act_id uuid not null references bulk_act,
  place bigint not null generated always as identity,
  device_id uuid,
  serial_no text not null,
  code text not null,
  detail text,
  primary key (bulk_act_id, place)
);
