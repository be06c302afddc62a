-- The same order, signed under the command key's certificate of the former form, for clients that read no other
-- (docs/adr/0010). Orders from before this change have one text, of the former form, and live for a day.
alter table clock_reset add column former_statement text;
