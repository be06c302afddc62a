-- Programmes, regions, centres: what policies and countries are given to.
create table device_group (
  group_id uuid primary key,
  name text not null,
  -- Whose provider certificate certifies the devices of this group.
  country text check (country ~ '^[A-Z]{2}$'),
  environment text check ((environment is null) = (country is null)),
  created_at timestamptz not null default now()
);
create unique index device_group_name on device_group (lower(name));

alter table device add column group_id uuid references device_group;
create index device_by_group on device (group_id, state, serial_no, device_id) where group_id is not null;
