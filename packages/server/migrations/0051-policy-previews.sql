-- What a preview of a policy counts, it counts from indexes alone: certificates are a kilobyte each.

create index device_registered on device (model_id, group_id, device_id) where state = 'registered';

drop index one_active_certificate;
create unique index one_active_certificate on device_certificate (device_id) include (issued_at, not_after)
  where status = 'active';
