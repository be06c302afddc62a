-- The people who run the server: local accounts, their sessions, and who guesses passwords.

create table operator (
  operator_id uuid primary key,
  name text not null,
  role text not null check (role in
    ('administrator', 'security-officer', 'operator', 'technician', 'auditor')),
  state text not null default 'active' check (state in ('active', 'disabled')),
  -- PHC text: algorithm, cost, salt and hash.
  password_hash text not null,
  must_change_password boolean not null,
  created_at timestamptz not null default now(),
  last_signed_in_at timestamptz
);
-- Nobody is to be confused with somebody by the size of a letter.
create unique index operator_name on operator (lower(name));

create table operator_session (
  session_id uuid primary key,
  -- Whoever reads this table cannot sign in with it.
  token_sha256 bytea not null unique check (octet_length(token_sha256) = 32),
  operator_id uuid not null references operator,
  signed_in_at timestamptz not null,
  last_used_at timestamptz not null,
  ends_at timestamptz not null
);
create index operator_session_of_operator on operator_session (operator_id);
create index operator_session_by_end on operator_session (ends_at);

create table operator_sign_in_failure (
  scope text not null check (scope in ('account-and-address', 'account', 'address')),
  -- SHA-256 of what is counted: no addresses are kept.
  key bytea not null,
  failures integer not null,
  last_at timestamptz not null,
  primary key (scope, key)
);
create index operator_sign_in_failure_by_age on operator_sign_in_failure (last_at);
