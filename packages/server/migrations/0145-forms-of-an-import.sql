-- By which form of each model's serial numbers the rows of an import were judged: {model_id: form}. A model that is
-- not in it had none. Null, of an import before this migration: not known, and judged again when it is confirmed.
alter table device_import add column serial_no_forms jsonb;
