-- Guesses at passwords. Each is counted before its password is tried, and given back when it was right.

drop table operator_sign_in_failure;

create table operator_guess (
  -- `browser`: from a browser that signed in to this account before. `name-and-network`: from anywhere else, at one
  -- name. `signed-in`: at the current password, of somebody who is signed in.
  scope text not null check (scope in ('browser', 'name-and-network', 'signed-in')),
  -- SHA-256 of what is counted: no names and no addresses are kept.
  key bytea not null,
  -- Guesses at names that do not exist are forgotten first, so that inventing names forgets no other.
  is_known_name boolean not null,
  failures integer not null,
  last_at timestamptz not null,
  -- The place in the queue of strangers that was promised to this guesser.
  turn_at timestamptz,
  primary key (scope, key)
);
create index operator_guess_by_age on operator_guess (is_known_name, last_at);

-- The pace of all strangers together at one name: the time at which all that was admitted is paid for.
create table operator_guess_pace (
  key bytea primary key,
  paid_until timestamptz not null
);
create index operator_guess_pace_by_age on operator_guess_pace (paid_until);

-- Signs the cookies by which an account’s own browsers are known. One row.
create table operator_browser_key (
  is_only_row boolean primary key default true check (is_only_row),
  key bytea not null check (octet_length(key) = 32)
);

-- Wrong passwords of an hour that is not over; then one event each. The nil UUID stands for names that nobody has.
create table operator_failed_sign_ins (
  hour timestamptz not null,
  operator_id uuid not null,
  failures integer not null,
  last_address text not null check (char_length(last_address) <= 64),
  primary key (hour, operator_id)
);
