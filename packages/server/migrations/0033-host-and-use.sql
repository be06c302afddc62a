-- Where a device is, and whether its SBI signs with the certificate on record: as its last check-in said.

alter table device_presence
  -- Random, made when the client was installed: tells a device that moved to another host.
  add column installation text,
  add column previous_installation text,
  add column installation_changed_at timestamptz,
  add column certificate_in_use text check (certificate_in_use in ('yes', 'no', 'unknown')),
  -- The device's own time in its last message: what was made later under an older number was made elsewhere.
  add column last_message_at timestamptz;
