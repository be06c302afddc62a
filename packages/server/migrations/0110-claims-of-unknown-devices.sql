-- Claims of devices that nobody approved: whoever reaches the server can make them, under names of their choice. On the
-- record, which is never rewritten, stands how many there were in an hour; what they said is kept for a while.

create table registration_unknown_claims (
  hour timestamptz not null,
  -- Of the closed table of codes.
  code text not null,
  occurrences bigint not null,
  primary key (hour, code)
);

-- What the sender is counted by: an IPv4 address, or an IPv6 network of 64 bits.
alter table registration_claim add column network text;
update registration_claim set network = remote_address;
alter table registration_claim alter column network set not null;
create index registration_claim_of_unknown on registration_claim (network, last_at desc) where device_id is null;
