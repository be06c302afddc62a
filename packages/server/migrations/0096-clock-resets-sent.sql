-- When somebody who named the device first asked for the order. The question is not signed: it says that the order
-- left, not who has it.
alter table clock_reset add column sent_at timestamptz;
