-- Import files wait here, row by row, until somebody has seen what is wrong with them and confirms.

create table device_import (
  import_id uuid primary key,
  format text not null check (format in ('csv', 'factory-manifest')),
  state text not null check (state in
    ('receiving', 'checking', 'ready', 'applying', 'applied', 'failed', 'discarded')),
  signer text,
  signer_certificate_sha256 bytea,
  signer_ftm_provider_id uuid references ftm_provider,
  file_sha256 bytea,
  bytes_expected bigint,
  rows_read integer not null default 0,
  rows_valid integer,
  rows_with_errors integer,
  rows_applied integer not null default 0,
  failure_code text,
  failure_detail text,
  failure_row integer,
  choice text check (choice in ('all', 'valid')),
  uploaded_by uuid not null,
  confirmed_by uuid,
  uploaded_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz
);
create index device_import_by_time on device_import (uploaded_at, import_id);

-- Written beside the transaction that does the work, so that others see how far it is. Also its sign of life:
-- `worker` is the one program that works on the import now.
create table device_import_progress (
  import_id uuid primary key references device_import on delete cascade,
  worker uuid not null,
  bytes_done bigint not null default 0,
  rows_done integer not null default 0,
  step_started_at timestamptz not null default clock_timestamp(),
  alive_at timestamptz not null default clock_timestamp()
);

create table device_import_row (
  import_id uuid not null references device_import on delete cascade,
  row_no integer not null,
  device_id uuid not null default gen_random_uuid(),
  model_id uuid not null,
  serial_no text collate "C" not null,
  ftm_certificate_sha256 bytea,
  enrolment_secret_sha256 bytea,
  primary key (import_id, row_no)
);

create table device_import_error (
  import_id uuid not null references device_import on delete cascade,
  row_no integer not null,
  code text not null,
  -- Empty where the whole row is meant.
  column_name text not null default '',
  serial_no text,
  primary key (import_id, row_no, code, column_name)
);
