-- Orders to set the clock of one device back: the last one of each, as it was signed. Whoever asks may read it;
-- it is of use to the device that it names, and once.
create table clock_reset (
  device_id uuid primary key references device,
  command_id uuid not null unique,
  number bigint not null,
  -- make/model/serialNo, as the device names itself.
  subject text not null unique,
  floor timestamptz not null,
  statement text not null,
  ordered_at timestamptz not null,
  ordered_by uuid not null references operator,
  not_after timestamptz not null
);
