-- The signed digital ID that was last proven to be this device's: a digest of it and of all that the proof rests on.

alter table device_presence add column digital_id_proof bytea check (octet_length(digital_id_proof) = 32);
