-- The record of effects: append-only, gapless, each event with the bytes that are hashed.

create table event (
  seq bigint primary key check (seq > 0),
  type text not null,
  at timestamptz not null,
  device_id uuid,
  actor text not null,
  canonical bytea not null check (octet_length(canonical) <= 4096),
  -- RFC 6962 §2.1: the hash of a leaf is SHA-256 over a zero byte and the entry.
  leaf_hash bytea not null check (leaf_hash = sha256('\x00'::bytea || canonical))
);

create index event_by_device on event (device_id, seq) where device_id is not null;
create index event_by_type on event (type, seq);

-- One row, locked by each transaction that records: that is what makes the numbers gapless.
create table event_head (
  is_only_row boolean primary key default true check (is_only_row),
  last_seq bigint not null,
  last_at timestamptz not null
);
insert into event_head (last_seq, last_at) values (0, 'epoch');

-- What an operator wrote beside an event. Not part of the record: words about people can be taken out.
create table event_note (
  seq bigint primary key references event,
  note text not null check (char_length(note) between 1 and 280)
);

create function refuse_change_of_record() returns trigger language plpgsql as $$
begin
  raise exception 'the record of effects is append-only' using errcode = 'restrict_violation';
end
$$;

create trigger event_is_append_only before update or delete on event
  for each row execute function refuse_change_of_record();
create trigger event_is_not_truncated before truncate on event
  for each statement execute function refuse_change_of_record();
create trigger event_head_stays before delete on event_head
  for each row execute function refuse_change_of_record();
create trigger event_head_is_not_truncated before truncate on event_head
  for each statement execute function refuse_change_of_record();

create function refuse_step_back_of_record() returns trigger language plpgsql as $$
begin
  if new.last_seq <= old.last_seq or new.last_at < old.last_at then
    raise exception 'the record of effects goes only forward' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;

create trigger event_head_goes_forward before update on event_head
  for each row execute function refuse_step_back_of_record();

-- An event takes exactly a number that the head has given out.
create function refuse_number_not_given() returns trigger language plpgsql as $$
begin
  if exists (select from added where seq > (select last_seq from event_head)) then
    raise exception 'an event number was not given out by the head' using errcode = 'restrict_violation';
  end if;
  return null;
end
$$;

create trigger event_number_is_given after insert on event
  referencing new table as added
  for each statement execute function refuse_number_not_given();
