-- The number of a device's support code: it follows from the device's id, as supportCodeOf of
-- packages/server/src/messages/support-code.ts makes it (30^8 codes). So a code that a technician reads out is found
-- for as long as the device is on record.
create function device_support_number(device_id uuid) returns bigint
  language sql immutable strict parallel safe
  as $$
    select (('x' || encode(substr(sha256(decode(replace(device_id::text, '-', ''), 'hex')), 1, 8), 'hex'))::bit(64)::bigint
      & 9223372036854775807) % 656100000000
  $$;

create index device_support_number on device (device_support_number(device_id));
