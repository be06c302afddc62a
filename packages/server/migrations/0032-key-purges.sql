-- De-registration orders a device to destroy its keys; the device proves it with a purge certificate.

create table key_purge (
  purge_id uuid primary key,
  device_id uuid not null references device,
  state text not null default 'awaited' check (state in ('awaited', 'confirmed', 'unconfirmed')),
  ordered_at timestamptz not null,
  -- Until then the device is given time to hear of it; afterwards the purge counts as unconfirmed.
  due_at timestamptz not null check (due_at > ordered_at),
  -- Thumbprints of the certificates whose keys may sign for it: those in use when it was ordered.
  signers text[] not null check (cardinality(signers) > 0),
  confirmed_at timestamptz,
  -- The purge certificate: the compact JWS as the device signed it.
  statement text,
  statement_sha256 text,
  -- How many keys the device says it destroyed.
  keys integer check (keys > 0),
  check ((state = 'confirmed') = (confirmed_at is not null)),
  check ((confirmed_at is null) = (statement is null)),
  check ((statement is null) = (statement_sha256 is null)),
  check ((statement is null) = (keys is null))
);
create index key_purge_of_device on key_purge (device_id, ordered_at desc);
create index key_purge_by_due on key_purge (due_at) where state = 'awaited';

-- Devices whose trust ended before purges were on record: they were told, and may still confirm.
insert into key_purge (purge_id, device_id, ordered_at, due_at, signers)
select gen_random_uuid(), d.device_id, d.state_changed_at, d.state_changed_at + interval '7 days',
  array[(select c.thumbprint_sha256 from device_certificate c where c.device_id = d.device_id
    order by c.not_before desc, c.issued_at desc limit 1)]
from device d
where d.state in ('deregistered', 'blocked') and d.registered_at is not null
  and exists (select from device_certificate c where c.device_id = d.device_id);
