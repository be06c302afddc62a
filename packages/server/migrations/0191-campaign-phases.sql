-- Campaigns of any kind, in phases.

alter table campaign
  add column kind text not null default 'command',
  -- What its kind needs: a command or a rotation, its life in seconds, its maintenance window.
  add column terms jsonb,
  -- Devices that were named one by one, where no filter finds them.
  add column device_ids uuid[],
  add column phases jsonb not null default '[{}]',
  add column abort_action text not null default 'stop' check (abort_action in ('pause', 'stop')),
  -- The phase it is in, counted from 0, and when the last device of that phase was told.
  add column phase integer not null default 0,
  add column phase_told_at timestamptz,
  add column paused_because text check (paused_because in ('operator', 'failures', 'too-few-succeeded')),
  -- What had succeeded and failed when an operator resumed it: thresholds count what comes after.
  add column forgiven jsonb,
  -- Its phases as they were counted when it was over.
  add column final_phases jsonb;
update campaign set
  terms = jsonb_build_object('command', jsonb_build_object('type', type, 'body', body),
    'lifeSeconds', life_seconds, 'maintenanceWindow', maintenance_window),
  paused_because = case when state = 'paused' then 'operator' end;
alter table campaign
  alter column terms set not null,
  alter column filter drop not null,
  alter column kind drop default,
  alter column phases drop default,
  drop column type,
  drop column body,
  drop column life_seconds,
  drop column maintenance_window,
  add check ((filter is null) <> (device_ids is null)),
  add check ((paused_because is not null) = (state = 'paused'));

-- The phase in which a campaign ordered it. Counted with its state off one index.
alter table command add column campaign_phase smallint;
update command set campaign_phase = 0 where campaign_id is not null;
drop index command_of_campaign;
create index command_of_campaign on command (campaign_id, state, place desc) include (campaign_phase)
  where campaign_id is not null;
