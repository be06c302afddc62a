-- Devices of a campaign that is resumed are told again a part at a time; for a fleet that took 10 s in its request.

alter table command_campaign
  -- The place of the last command whose device was told again; null: there is none to tell.
  add column wake_place bigint;
create index command_campaign_to_wake on command_campaign (campaign_id) where wake_place is not null;
