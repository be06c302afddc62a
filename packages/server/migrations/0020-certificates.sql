-- Certificates: the provider's, as countries signed them, and those of devices below them.

create table provider_certificate (
  id uuid primary key,
  country text not null check (country ~ '^[A-Z]{2}$'),
  environment text not null check (environment ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
  thumbprint_sha256 text not null unique,
  -- CKA_ID of the key in the HSM: SHA-256 of its SubjectPublicKeyInfo.
  hsm_key_id text not null check (hsm_key_id ~ '^[0-9a-f]{64}$'),
  -- Part of every CRL's URL. The same for a renewed certificate of the same name and key, whose
  -- predecessor's device certificates live on.
  crl_name text not null check (crl_name ~ '^[0-9a-f]{16}$'),
  organisation text not null,
  not_before timestamptz not null,
  not_after timestamptz not null check (not_after > not_before),
  der bytea not null,
  -- Issuers above it, nearest first, the root last.
  issuers bytea[] not null,
  state text not null default 'active' check (state in ('active', 'retired')),
  imported_at timestamptz not null
);

-- Written before a certificate is signed, so that no signature of the HSM is ever unaccounted for.
create table certificate_intent (
  serial_number text primary key check (serial_number ~ '^[0-9a-f]{32}$'),
  device_id uuid not null,
  -- One key, one certificate, for ever: not on another device, and not on the same one again.
  spki_sha256 text not null unique check (spki_sha256 ~ '^[0-9a-f]{64}$'),
  provider_certificate_id uuid not null references provider_certificate,
  state text not null default 'planned' check (state in ('planned', 'issued', 'abandoned')),
  planned_at timestamptz not null,
  settled_at timestamptz,
  -- What is to be signed; once issued, the certificate holds it.
  tbs bytea,
  common_name text not null,
  crl_shard integer not null check (crl_shard >= 0),
  crl_url text not null,
  not_before timestamptz not null,
  not_after timestamptz not null check (not_after > not_before),
  previous_not_before timestamptz,
  check ((state = 'planned') = (settled_at is null)),
  check ((state = 'issued') = (tbs is null))
);

create index certificate_intent_planned on certificate_intent (planned_at) where state = 'planned';

create table device_certificate (
  thumbprint_sha256 text primary key,
  serial_number text not null unique references certificate_intent,
  device_id uuid not null,
  spki_sha256 text not null,
  provider_certificate_id uuid not null,
  status text not null default 'active'
    check (status in ('active', 'superseded', 'revoked', 'expired')),
  not_before timestamptz not null,
  not_after timestamptz not null,
  issued_at timestamptz not null,
  crl_shard integer not null,
  revoked_at timestamptz,
  revocation_reason text,
  der bytea not null,
  check ((status = 'revoked') = (revoked_at is not null)),
  check ((revoked_at is null) = (revocation_reason is null))
);

create index device_certificate_by_device on device_certificate (device_id, not_before);
-- "Which devices expire in 14 days": devices whose certificates are in use, by their end.
create index device_certificate_by_end on device_certificate (not_after) where status = 'active';
