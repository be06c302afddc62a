-- Revocation lists as they are served, and what changed since they were made.

create table revocation_list (
  crl_name text not null check (crl_name ~ '^[0-9a-f]{16}$'),
  shard integer not null check (shard >= 0),
  -- CRLNumber: goes up for ever, whatever the clock does.
  number bigint not null check (number > 0),
  -- The number of the list before; nobody overwrites a list that they have not read.
  follows bigint check (follows < number),
  this_update timestamptz not null,
  next_update timestamptz not null check (next_update > this_update),
  entries integer not null check (entries >= 0),
  der bytea not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  provider_certificate_id uuid not null references provider_certificate,
  -- Whether the record of effects tells of it; hourly signing of the same entries is not told.
  is_recorded boolean not null,
  primary key (crl_name, shard)
);

-- One row for each revocation that no list may hold yet. Not unique: two who revoke must not wait for each other.
create table revocation_touch (
  touch_id bigserial primary key,
  crl_name text not null,
  shard integer not null
);
create index revocation_touch_by_list on revocation_touch (crl_name, shard);

-- Why lists wait, if they do.
create table revocation_health (
  is_only boolean primary key default true check (is_only),
  problem text
);
insert into revocation_health default values;

-- A trigger, so that it is in the transaction of whoever revokes, and comes to light with its commit: a time
-- taken before the commit could lie before a list that did not see it.
create function touch_revocation_list() returns trigger language plpgsql as $$
begin
  insert into revocation_touch (crl_name, shard)
    select crl_name, new.crl_shard from provider_certificate where id = new.provider_certificate_id;
  return null;
end $$;

create trigger device_certificate_revoked after update of status on device_certificate
  for each row when (new.status = 'revoked' and old.status <> 'revoked')
  execute function touch_revocation_list();
create trigger certificate_intent_abandoned after update of state on certificate_intent
  for each row when (new.state = 'abandoned' and old.state <> 'abandoned')
  execute function touch_revocation_list();
