import { row } from './row.ts'

/** Policies, groups, and acts on many devices. */
export const POLICY_PROBLEMS = {
  'policy.not-found': row(404, 'There is no such policy.'),
  'policy.duplicate': row(409, 'A policy with this name exists.'),
  'policy.settings-refused': row(400, 'The settings of the policy contradict each other.'),
  'group.not-found': row(404, 'There is no such group.'),
  'group.duplicate': row(409, 'A group with this name exists.'),
  'group.in-use': row(409, 'The group has devices, or a policy or an import names it.'),
  'group.file-not-readable': row(400, 'The file cannot be read as serial numbers.'),
  'bulk-act.not-found': row(404, 'There is no such bulk action.'),
  'bulk-act.state-refused': row(409, 'The bulk action has already ended.'),
  'bulk-act.no-longer-permitted': row(
    403,
    'The operator who ordered it was disabled, or no longer has the permission.',
  ),
  'bulk-act.too-many-devices': row(413, 'A bulk action cannot have this many devices.'),
  'bulk-act.too-many-waiting': row(429, 'Too many bulk actions are already waiting.', true),
} as const
