-- Campaigns and orders to rotate by a filter that finds many exist at once; their devices are gathered afterwards,
-- a part at a time.

alter table command_campaign
  -- As counted when it was created.
  add column expected integer not null default 0,
  -- When the last device that matched from the beginning was gathered; null: they are being gathered.
  add column filled_at timestamptz,
  -- The last device that was looked at, written with what was gathered, so that work goes on behind it.
  add column fill_place uuid;
update command_campaign set expected = devices, filled_at = created_at;
create index command_campaign_to_fill on command_campaign (created_at, campaign_id) where filled_at is null;

alter table rotation_order
  -- Of orders whose devices are gathered afterwards.
  add column filter jsonb,
  add column filled integer not null default 0,
  add column filled_at timestamptz,
  add column fill_place uuid;
update rotation_order set filled = devices, filled_at = ordered_at;
create index rotation_order_to_fill on rotation_order (ordered_at, order_id) where filled_at is null;
