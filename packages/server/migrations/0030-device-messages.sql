-- What the server last heard of each registered device; the last number and answer are all that replay
-- protection needs, because a device has one message on its way at a time.

create table device_presence (
  device_id uuid primary key references device,
  last_seq bigint not null check (last_seq >= 0),
  last_mid text,
  last_payload_sha256 bytea,
  last_answer_type text,
  last_answer_body jsonb,
  -- Null until the first check-in.
  last_check_in_at timestamptz,
  device_status text,
  service_version text,
  firmware text,
  information jsonb
) with (fillfactor = 60);

-- Messages that named a device but were not from it, or not new: counted by the hour, so that whoever
-- sends them cannot fill the database.
create table message_refusal (
  device_id uuid not null references device,
  code text not null,
  hour timestamptz not null,
  occurrences bigint not null,
  primary key (device_id, code, hour)
);
