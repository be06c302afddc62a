-- Revocation lists of FTM providers: what is known of them, and the chips and authorities that they may revoke.

create table ftm_revocation_terms (
  ftm_provider_id uuid primary key references ftm_provider,
  revocation_policy text not null check (revocation_policy in ('ignore', 'warn', 'refuse')),
  url text,
  fetched_at timestamptz,
  failed_at timestamptz,
  failure_code text,
  failure_detail text
);

-- The newest list of each issuer. An issuer is named by the SHA-256 of its SubjectPublicKeyInfo.
create table ftm_revocation_list (
  ftm_provider_id uuid not null references ftm_provider,
  issuer_key bytea not null check (octet_length(issuer_key) = 32),
  issuer text not null,
  -- RFC 5280 section 5.2.3: up to 20 octets.
  crl_number numeric(49) not null,
  this_update timestamptz not null,
  next_update timestamptz not null,
  revoked integer not null,
  sha256 bytea not null,
  source text not null check (source in ('imported', 'fetched')),
  imported_by uuid,
  url text,
  taken_at timestamptz not null,
  primary key (ftm_provider_id, issuer_key)
);

-- The entries of that list. A serial number is the content of its INTEGER, as it stands in the certificate.
create table ftm_revoked_certificate (
  ftm_provider_id uuid not null,
  issuer_key bytea not null,
  serial_number bytea not null,
  revoked_at timestamptz not null,
  reason smallint,
  primary key (ftm_provider_id, issuer_key, serial_number),
  foreign key (ftm_provider_id, issuer_key) references ftm_revocation_list
);

-- Authorities below an FTM provider: shown by a chip that was registered, or imported with a list.
create table ftm_authority (
  ftm_provider_id uuid not null references ftm_provider,
  certificate_sha256 bytea not null,
  certificate bytea not null,
  subject text not null,
  authority_key bytea not null,
  issuer_key bytea not null,
  serial_number bytea not null,
  -- Of the authority above it; null where that is the FTM provider itself.
  issuer_sha256 bytea,
  primary key (ftm_provider_id, certificate_sha256)
);

-- The chips of registered devices, as a list would name them; the device has the SHA-256 of the certificate.
create table ftm_chip (
  ftm_certificate_sha256 bytea primary key,
  ftm_provider_id uuid not null references ftm_provider,
  issuer_key bytea not null,
  serial_number bytea not null,
  issuer_sha256 bytea
);
create index ftm_chip_by_serial_number on ftm_chip (ftm_provider_id, issuer_key, serial_number);
create index ftm_chip_of_authority on ftm_chip (ftm_provider_id, issuer_sha256) where issuer_sha256 is not null;
