-- An import approves identities: the form of serial numbers, warnings that a person confirms, how a file was read.

alter table device_model add column serial_no_form text;

alter table device_import
  add column file_name text,
  add column reading jsonb,
  add column rows_with_warnings integer,
  add column warnings text check (warnings in ('confirm', 'leave-out'));

alter table device_import_error
  add column is_warning boolean not null default false,
  -- The sentence, where it has the text in it that it is about; and the number that it may be mistaken for.
  add column detail text,
  add column other_serial_no text,
  -- Null: of a device in the repository.
  add column other_row integer;

-- What two serial numbers share that people and spreadsheets take for one another: letter size, separators,
-- leading zeros of each run of digits, O and 0, I, l and 1.
create function serial_no_likeness(serial_no text) returns text
language sql immutable strict parallel safe
return translate(
  regexp_replace(translate(upper(serial_no collate "C"), '-./_ ', ''), '(?<![0-9])[0O]+(?=[0-9])', '', 'g'),
  'OIL', '011');

create index device_of_likeness on device (model_id, serial_no_likeness(serial_no));
