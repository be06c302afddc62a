-- How an operator gets in: a password of their own, a one-time password that ends, or a link that they were given.

alter table operator
  -- Null: reset, or invited and not come yet.
  alter column password_hash drop not null,
  -- Of a one-time password.
  add column password_ends_at timestamptz;
-- Those that were given out before this end a day from now.
update operator set password_ends_at = now() + interval '1 day' where must_change_password;
alter table operator add constraint operator_one_time_password_ends
  check (must_change_password = (password_ends_at is not null) and (password_hash is not null or not must_change_password));

-- A name as it is compared: one Unicode form, small letters. The server folds it: under the locale C, PostgreSQL’s own
-- lower() leaves every letter but A to Z as it is, and É and é were two people.
alter table operator add column name_key text;
update operator set name_key = lower(name);
alter table operator alter column name_key set not null;
drop index operator_name;
create unique index operator_name_key on operator (name_key);

-- A link by which an operator sets a password; used once. One at a time for each.
create table operator_invitation (
  operator_id uuid primary key references operator,
  -- Who reads this table cannot use the link.
  token_sha256 bytea not null unique check (octet_length(token_sha256) = 32),
  created_at timestamptz not null,
  ends_at timestamptz not null
);

alter table operator_session
  add column address text not null default '' check (char_length(address) <= 64),
  add column browser text not null default '' check (char_length(browser) <= 200);
