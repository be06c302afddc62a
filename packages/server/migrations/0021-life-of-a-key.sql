-- A key is certified, confirmed by its first use, superseded by its successor.

alter table device_certificate drop constraint device_certificate_status_check;
alter table device_certificate
  add constraint device_certificate_status_check
    check (status in ('pending', 'active', 'superseded', 'revoked', 'expired')),
  add column purpose text not null default 'registration'
    check (purpose in ('registration', 'rotation', 'recovery')),
  -- The thumbprint of the certificate whose place it takes.
  add column replaces text references device_certificate
    check ((replaces is null) = (purpose = 'registration')),
  add column confirmed_at timestamptz,
  add column superseded_at timestamptz;

alter table certificate_intent
  add column purpose text not null default 'registration'
    check (purpose in ('registration', 'rotation', 'recovery')),
  add column replaces text references device_certificate
    check ((replaces is null) = (purpose = 'registration'));

-- Certificates past their end that nobody marked: one of them and a newer one must not both count.
update device_certificate set status = 'expired' where status = 'active' and not_after < now();

-- Exactly one usable key: one in use, one that waits for its first use, and one live successor of each.
create unique index one_active_certificate on device_certificate (device_id) where status = 'active';
create unique index one_pending_certificate on device_certificate (device_id) where status = 'pending';
create unique index one_live_successor on device_certificate (replaces)
  where replaces is not null and status <> 'revoked';
create unique index one_planned_successor on certificate_intent (replaces)
  where replaces is not null and state = 'planned';

-- What a revocation list holds: of its issuer and shard, what is revoked and not yet past its end.
create index device_certificate_revoked on device_certificate (provider_certificate_id, crl_shard, not_after)
  where status = 'revoked';
create index certificate_intent_abandoned on certificate_intent (provider_certificate_id, crl_shard, not_after)
  where state = 'abandoned';
