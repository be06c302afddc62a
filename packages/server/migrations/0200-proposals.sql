-- Operations that wait for a second person, and what two people need to be two.

create table proposal (
  proposal_id uuid primary key,
  kind text not null,
  operation text not null,
  -- Path parameters, query and body, as they were sent; and the SHA-256 of their canonical form with the operation.
  input jsonb not null,
  digest bytea not null check (octet_length(digest) = 32),
  -- What it is about. Two proposals on the same target do not both stay open.
  target text not null,
  -- The operator whose account it changes.
  concerns uuid references operator,
  state text not null default 'pending' check (state in
    ('pending', 'confirmed', 'carried-out', 'failed', 'withdrawn', 'declined', 'expired', 'superseded')),
  -- As it was last shown to a person.
  blast_radius jsonb not null,
  devices integer not null check (devices >= 0),
  proposed_by uuid not null references operator,
  proposed_at timestamptz not null,
  expires_at timestamptz not null,
  confirmed_by uuid references operator,
  confirmed_at timestamptz,
  carry_out_at timestamptz,
  glass_reason text,
  glass_note text,
  -- Which attempt to carry it out is under way, and since when; the attempt that committed the effect.
  attempt uuid,
  attempted_at timestamptz,
  attempts integer not null default 0,
  ended_at timestamptz,
  ended_by uuid references operator,
  superseded_by uuid references proposal deferrable initially deferred,
  failure_code text check ((failure_code is not null) = (state = 'failed')),
  check ((ended_at is null) = (state in ('pending', 'confirmed'))),
  check (state not in ('confirmed', 'carried-out', 'failed') or confirmed_by is not null),
  -- Nobody confirms their own, but for a broken glass.
  check (confirmed_by is distinct from proposed_by or glass_reason is not null)
);
create index proposal_newest on proposal (proposed_at desc, proposal_id desc);
create index proposal_open on proposal (target) where state in ('pending', 'confirmed');
-- One of the same by the same person.
create unique index proposal_once on proposal (proposed_by, digest) where state in ('pending', 'confirmed');
create index proposal_broken_glass on proposal (confirmed_at) where glass_reason is not null;

-- Who changed whose account: for a while they are not two people.
create table operator_account_change (
  operator_id uuid not null references operator,
  changed_by uuid not null references operator,
  what text not null check (what in ('created', 'reset', 'enabled', 'disabled', 'role-changed')),
  changed_at timestamptz not null,
  primary key (operator_id, changed_by, what)
);

-- Which operations need two people: one row, written at the first start.
create table two_person_rules (
  only_row boolean primary key default true check (only_row),
  kinds text[] not null,
  valid_hours integer not null,
  delay_minutes integer not null
);
