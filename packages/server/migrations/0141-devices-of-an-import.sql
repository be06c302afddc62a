-- The devices that an import made, for the link on its page.

create index device_of_import on device (import_id, device_id) where import_id is not null;
