-- Where events of the record are sent to, and how far each receiver has come.

create table webhook (
  webhook_id uuid primary key,
  name text not null,
  url text not null check (char_length(url) <= 500),
  -- None: all.
  event_types text[] not null,
  -- The key of the signatures, sealed under a key that is not in the database.
  sealed_secret bytea not null,
  created_at timestamptz not null,
  created_by text not null,
  last_seq bigint not null,
  last_delivered_at timestamptz,
  failures integer not null default 0,
  failing_since timestamptz,
  last_failure text check (char_length(last_failure) <= 64),
  -- Null: disabled.
  next_attempt_at timestamptz
);
create index webhook_due on webhook (next_attempt_at) where next_attempt_at is not null;
