-- An order’s id is the sender’s choice, so that a request sent twice orders once. Null: from before.
alter table rotation_order
  add column request_sha256 bytea check (octet_length(request_sha256) = 32);
