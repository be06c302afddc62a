-- Registration: challenges, answers given, claims refused or quarantined, and those that wait for a person.

create table registration_challenge (
  nonce text primary key,
  -- make/model/serialNo and the key that asked: a challenge answers nobody else.
  subject text not null,
  signer_sha256 text not null,
  expires_at timestamptz not null,
  -- The one message that may use it.
  used_by text
);
create index registration_challenge_by_expiry on registration_challenge (expires_at);

-- A message that arrives twice gets the answer it got.
create table registration_answer (
  mid text primary key,
  payload_sha256 bytea not null,
  type text not null,
  body jsonb not null,
  expires_at timestamptz not null
);
create index registration_answer_by_expiry on registration_answer (expires_at);

-- One row for a claim and its reason, however often it is tried.
create table registration_claim (
  claim_id uuid primary key,
  support_code text not null unique,
  make text not null,
  model text not null,
  serial_no text not null,
  level text not null,
  device_id uuid references device,
  signer_sha256 text not null,
  verdict text not null check (verdict in ('refuse', 'quarantine', 'pend')),
  code text not null,
  rule text not null,
  -- What each check found: no names, no values of the message.
  evidence jsonb not null,
  remote_address text not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  attempts bigint not null default 1,
  unique (make, model, serial_no, signer_sha256, code)
);
create index registration_claim_newest on registration_claim (last_at desc, claim_id desc);
create index registration_claim_of_device on registration_claim (device_id, last_at desc);

create table registration_approval (
  request_id uuid primary key,
  device_id uuid not null references device,
  spki_sha256 text not null,
  support_code text not null,
  requested_at timestamptz not null,
  decision text check (decision in ('approved', 'refused')),
  decided_at timestamptz,
  decided_by uuid,
  unique (device_id, spki_sha256)
);
create index registration_approval_waiting on registration_approval (requested_at, request_id) where decision is null;
