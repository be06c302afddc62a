-- Who asked what at the operators' door: no bodies, no queries, no secrets. Bounded by age and by number.

create table operator_access_log (
  entry_id bigint generated always as identity primary key,
  at timestamptz not null,
  request_id uuid not null,
  method text not null check (char_length(method) <= 16),
  -- As the table of routes has it; empty where there is no such route.
  route text not null check (char_length(route) <= 200),
  -- What was asked for, without its query; only of somebody who is signed in.
  path text check (char_length(path) <= 300),
  status smallint not null,
  code text check (char_length(code) <= 80),
  address text not null check (char_length(address) <= 64),
  operator_id uuid,
  -- Requests of strangers that are alike are one entry for a minute.
  occurrences integer not null check (occurrences > 0)
);
create index operator_access_log_by_age on operator_access_log (at);
create index operator_access_log_of_operator on operator_access_log (operator_id, entry_id)
  where operator_id is not null;
create index operator_access_log_of_strangers on operator_access_log (entry_id)
  where operator_id is null;
create index operator_access_log_by_address on operator_access_log (address, entry_id);
