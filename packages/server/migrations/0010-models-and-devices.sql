-- The central repository of approved devices: who makes their chips, which models there are, and each device.

create extension if not exists pg_trgm;

create table ftm_provider (
  ftm_provider_id uuid primary key,
  name text not null unique,
  subject text not null,
  certificate bytea not null,
  certificate_sha256 bytea not null unique check (certificate_sha256 = sha256(certificate)),
  not_before timestamptz not null,
  not_after timestamptz not null,
  state text not null default 'trusted' check (state in ('trusted', 'retired')),
  added_at timestamptz not null default now(),
  retired_at timestamptz check ((retired_at is not null) = (state = 'retired'))
);

create table device_model (
  model_id uuid primary key,
  make text collate "C" not null,
  model text collate "C" not null,
  device_type text not null check (device_type in ('Finger', 'Iris', 'Face')),
  device_sub_type text not null,
  level text not null check (level in ('L0', 'L1')),
  device_provider text not null,
  device_provider_id text not null,
  -- L1 is proven by a chip of this provider; L0, which has none, by what the policy says.
  ftm_provider_id uuid references ftm_provider check ((ftm_provider_id is not null) = (level = 'L1')),
  l0_policy text check (l0_policy in ('enrolment-secret', 'operator-approval'))
    check ((l0_policy is not null) = (level = 'L0')),
  state text not null default 'approved' check (state in ('approved', 'retired')),
  created_at timestamptz not null default now(),
  retired_at timestamptz check ((retired_at is not null) = (state = 'retired')),
  unique (make, model)
);

create table device (
  device_id uuid primary key,
  model_id uuid not null references device_model,
  serial_no text collate "C" not null,
  state text not null default 'approved'
    check (state in ('approved', 'registered', 'suspended', 'deregistered', 'blocked')),
  revision integer not null default 1,
  ftm_certificate_sha256 bytea check (octet_length(ftm_certificate_sha256) = 32),
  enrolment_secret_sha256 bytea check (octet_length(enrolment_secret_sha256) = 32),
  enrolment_secret_used_at timestamptz,
  approved_at timestamptz not null default now(),
  registered_at timestamptz,
  state_changed_at timestamptz not null default now(),
  import_id uuid,
  unique (model_id, serial_no)
);

-- One chip vouches for one device.
create unique index device_of_chip on device (ftm_certificate_sha256)
  where ftm_certificate_sha256 is not null;

-- The list reads its first page straight from an index, in either order, whatever states and models are chosen.
create index device_by_state_and_approval on device (state, approved_at, device_id);
create index device_by_state_and_serial on device (state, serial_no, device_id);
create index device_by_model_and_approval on device (model_id, state, approved_at, device_id);
create index device_by_model_and_serial on device (model_id, state, serial_no, device_id);
create index device_by_part_of_serial on device using gin (serial_no gin_trgm_ops);

create function refuse_change_of_identity() returns trigger language plpgsql as $$
begin
  raise exception 'a device keeps its model and serial number, and its record is never deleted'
    using errcode = 'restrict_violation';
end
$$;

create trigger device_keeps_its_identity before update of device_id, model_id, serial_no on device
  for each row when (
    old.device_id <> new.device_id or old.model_id <> new.model_id or old.serial_no <> new.serial_no
  ) execute function refuse_change_of_identity();
create trigger device_is_never_deleted before delete on device
  for each row execute function refuse_change_of_identity();
