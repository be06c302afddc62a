-- Effects no longer wait for each other at the head of the record. Each leaves its events here, unnumbered, in its
-- own transaction; sequencing moves what is committed into the record. docs/adr/0011-events-are-numbered-later.md

create table unsequenced_event (
  -- Grows in the order of cause and effect: what began after another effect was committed has a higher one.
  id bigint primary key generated always as identity,
  type text not null,
  at timestamptz not null,
  device_id uuid,
  actor text not null,
  -- The canonical bytes but for two blanks: the time stands between opening and middle, the number between middle
  -- and closing.
  opening text not null,
  middle text not null,
  closing text not null,
  note text check (char_length(note) between 1 and 280),
  -- 24 characters of time and at most 16 of a number: with them an event still has 4096 bytes at most.
  constraint unsequenced_event_fits
    check (octet_length(opening) + octet_length(middle) + octet_length(closing) <= 4056)
);

-- Rows stay for a moment: without this, the scan for the oldest would walk over the dead ones.
alter table unsequenced_event set (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
  autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 100000
);

create function refuse_loss_of_event() returns trigger language plpgsql as $$
begin
  if current_setting('sanad.is_sequencing', true) is distinct from 'on' then
    raise exception 'an event leaves the waiting only into the record' using errcode = 'restrict_violation';
  end if;
  return null;
end
$$;

create trigger unsequenced_event_stays after delete on unsequenced_event
  for each statement execute function refuse_loss_of_event();
create trigger unsequenced_event_does_not_change before update on unsequenced_event
  for each row execute function refuse_change_of_record();
create trigger unsequenced_event_is_not_truncated before truncate on unsequenced_event
  for each statement execute function refuse_change_of_record();

-- Gives numbers to the oldest committed events, at most so many, and says how many there were. One statement for
-- its caller, so that a process that stalls or dies cannot hold the head.
create function sequence_events(most integer) returns integer language plpgsql as $$
declare
  head event_head;
  ids bigint[];
  latest timestamptz;
begin
  if not exists (select from unsequenced_event) then
    return 0;
  end if;
  -- One at a time. What another has just numbered is gone when the next statement looks.
  select * into head from event_head for update;
  select array_agg(id order by id), max(at) into ids, latest
    from (select id, at from unsequenced_event order by id limit most) oldest;
  if ids is null then
    return 0;
  end if;
  update event_head
    set last_seq = head.last_seq + cardinality(ids), last_at = greatest(head.last_at, latest);
  -- Time never runs back within the record, whatever the clock did and whoever was committed first.
  insert into event (seq, type, at, device_id, actor, canonical, leaf_hash)
    select seq, type, at, device_id, actor, canonical, sha256('\x00'::bytea || canonical)
    from (
      select seq, type, at, device_id, actor, convert_to(
        opening || to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || middle || seq || closing,
        'UTF8') as canonical
      from (
        select w.type, w.device_id, w.actor, w.opening, w.middle, w.closing, head.last_seq + place as seq,
          greatest(head.last_at, max(w.at) over (order by place)) as at
        from unnest(ids) with ordinality as taken (id, place) join unsequenced_event w using (id)
      ) numbered
    ) filled;
  insert into event_note (seq, note)
    select head.last_seq + place, w.note
    from unnest(ids) with ordinality as taken (id, place) join unsequenced_event w using (id)
    where w.note is not null;
  -- Tells open portals, at commit, which devices to read again; of more than a hundred, only that many changed.
  perform pg_notify('sanad_device', payload) from (
    select case when count(*) over () > 100 then '' else device_id::text end as payload
    from (select distinct device_id from unsequenced_event where id = any(ids) and device_id is not null) changed
  ) told;
  perform set_config('sanad.is_sequencing', 'on', true);
  delete from unsequenced_event where id = any(ids);
  perform set_config('sanad.is_sequencing', 'off', true);
  return cardinality(ids);
end
$$;

-- Every event of a committed effect, numbered or not yet, for what is compared with the tables of the effects in one
-- statement.
create view recorded_event as
  select seq, type, at, device_id, convert_from(canonical, 'UTF8')::jsonb -> 'data' as data from event
  union all
  select null, type, at, device_id, (opening || middle || '0' || closing)::jsonb -> 'data' from unsequenced_event;
