-- How long keys live and how often devices check in: named, versioned, given to fleet, models, groups, devices.

create table policy (
  policy_id uuid primary key,
  name text not null,
  created_at timestamptz not null default now()
);
create unique index policy_name on policy (lower(name));

-- A version never changes; the latest is in force.
create table policy_version (
  policy_id uuid not null references policy,
  version integer not null check (version > 0),
  settings jsonb not null,
  created_at timestamptz not null default now(),
  -- Null: the server itself, from its configuration.
  created_by uuid references operator,
  primary key (policy_id, version)
);

create table policy_assignment (
  scope text not null check (scope in ('fleet', 'model', 'group', 'device')),
  -- Zero for the fleet, which is one.
  target_id uuid not null check ((scope = 'fleet') = (target_id = '00000000-0000-0000-0000-000000000000')),
  policy_id uuid not null references policy,
  primary key (scope, target_id)
);
create index policy_assignment_by_policy on policy_assignment (policy_id);

create function refuse_change_of_policy_version() returns trigger language plpgsql as $$
begin
  raise exception 'a version of a policy never changes' using errcode = 'restrict_violation';
end
$$;
create trigger policy_version_stays before update or delete on policy_version
  for each row execute function refuse_change_of_policy_version();
