-- An operator's word on a key says what it is for: the first registration, or recovery after the end of a
-- certificate.

alter table registration_approval
  add column kind text not null default 'registration' check (kind in ('registration', 'recovery')),
  drop constraint registration_approval_device_id_spki_sha256_key,
  add constraint registration_approval_of_key unique (device_id, spki_sha256, kind);
