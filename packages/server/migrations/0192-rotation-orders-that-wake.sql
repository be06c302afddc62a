-- Orders to rotate wake devices that are connected, are part of campaigns, and are cancelled a part at a time.

alter table rotation_order_device
  drop constraint rotation_order_device_outcome_check,
  -- `expired`: of a campaign, whose orders do not wait for ever.
  add constraint rotation_order_device_outcome_check
    check (outcome in ('rotated', 'cancelled', 'overtaken', 'expired')),
  -- When the device is to be woken for it; null: it was, or it does not matter any more.
  add column wake_at timestamptz,
  -- Of a campaign: the phase in which the device was told, and when the order lapses for it.
  add column campaign_phase smallint,
  add column expires_at timestamptz;
create index rotation_order_device_to_wake on rotation_order_device (wake_at) where wake_at is not null;
create index rotation_order_device_ending on rotation_order_device (expires_at)
  where outcome is null and expires_at is not null;
create index rotation_order_device_counted on rotation_order_device (order_id, outcome) include (campaign_phase);

alter table rotation_order
  -- Of a campaign, which counts and ends it.
  add column is_of_campaign boolean not null default false,
  -- How many devices waited when it was cancelled, and when the last of them was let go.
  add column to_cancel integer,
  add column settled_at timestamptz;
update rotation_order set to_cancel = 0, settled_at = cancelled_at where cancelled_at is not null;
create index rotation_order_to_cancel on rotation_order (cancelled_at, order_id)
  where cancelled_at is not null and settled_at is null;
