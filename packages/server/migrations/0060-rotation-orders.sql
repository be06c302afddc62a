-- Operators’ orders to rotate keys before their time, each device with a window of its own.

create table rotation_order (
  order_id uuid primary key,
  reason text not null,
  note text,
  ordered_at timestamptz not null,
  ordered_by uuid not null references operator,
  window_start timestamptz not null,
  window_end timestamptz not null check (window_end > window_start),
  devices integer not null default 0,
  cancelled_at timestamptz
);
create index rotation_order_newest on rotation_order (ordered_at desc, order_id desc);

create table rotation_order_device (
  order_id uuid not null references rotation_order,
  device_id uuid not null references device,
  -- As in the order: it is about the certificate that was in use then.
  ordered_at timestamptz not null,
  window_start timestamptz not null,
  window_end timestamptz not null check (window_end > window_start),
  -- Null while it waits; `overtaken` by a later order.
  outcome text check (outcome in ('rotated', 'cancelled', 'overtaken')),
  settled_at timestamptz,
  primary key (order_id, device_id),
  check ((outcome is null) = (settled_at is null))
);
create unique index one_waiting_order on rotation_order_device (device_id) where outcome is null;
