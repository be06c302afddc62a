-- Devices of a group in the order of their approval, and groups in import files.
create index device_by_group_and_approval on device (group_id, state, approved_at, device_id)
  where group_id is not null;

alter table device_import_row add column group_id uuid references device_group;
