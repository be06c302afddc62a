-- In the order of the certificates in use, so that a million of both are merged without sorting or hashing.
drop index device_registered;
create index device_registered on device (device_id) include (model_id, group_id) where state = 'registered';
