-- What the audit found: one row for a check and its subject, however often it is found.

create table finding (
  finding_id uuid primary key default gen_random_uuid(),
  check_name text not null,
  -- What tells one finding of a check from another: a device, a certificate, the name of a list.
  subject text not null,
  device_id uuid,
  -- The subject in words, where it is not a device.
  label text,
  -- When it will hurt, or did.
  at timestamptz,
  first_seen_at timestamptz not null,
  resolved_at timestamptz,
  suppressed_until timestamptz,
  unique (check_name, subject)
);
create index finding_open on finding (check_name, first_seen_at desc, finding_id desc)
  where resolved_at is null;
create index finding_of_device on finding (device_id, check_name, first_seen_at desc, finding_id desc)
  where resolved_at is null;
create index finding_suppressed on finding (check_name, first_seen_at desc, finding_id desc)
  where resolved_at is null and suppressed_until is not null;
create index finding_resolved on finding (resolved_at) where resolved_at is not null;

-- When each check was last done. What is open was still found then, so that an open row is not written again.
create table finding_check (
  check_name text primary key,
  done_at timestamptz not null,
  found integer not null,
  took_ms integer not null
);
