-- Campaigns are a slice of their own above commands: commands know of a campaign its id, and whether it holds them.

alter table command_campaign rename to campaign;
alter table command_campaign_device rename to campaign_device;
alter index command_campaign_newest rename to campaign_newest;
alter index command_campaign_at_work rename to campaign_at_work;
alter index command_campaign_to_fill rename to campaign_to_fill;
alter index command_campaign_next rename to campaign_next;
alter index command_campaign_skipped rename to campaign_skipped;

-- Written where the campaign is: a campaign is never deleted.
alter table command drop constraint command_campaign_id_fkey;

-- Campaigns whose commands are not sent, and those whose devices are woken again after that.
create table command_hold (
  campaign_id uuid primary key,
  -- `held`: nothing is sent. `cancelled`: nothing is sent, and what waits is cancelled a part at a time.
  -- `released`: devices for which something waits are woken a part at a time; then the row is gone.
  state text not null check (state in ('held', 'cancelled', 'released')),
  -- The place of the last command whose device was woken.
  wake_place bigint not null default 0
);
insert into command_hold (campaign_id, state, wake_place)
select campaign_id,
  case state when 'paused' then 'held' when 'stopped' then 'cancelled' else 'released' end,
  coalesce(wake_place, 0)
from campaign
where finished_at is null and (state in ('paused', 'stopped') or wake_place is not null);
drop index command_campaign_to_wake;
alter table campaign drop column wake_place;
