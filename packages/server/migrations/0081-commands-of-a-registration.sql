-- A command is for the device as it was registered when it was ordered: compared with nobody’s clock.
alter table command add column device_registered_at timestamptz;
