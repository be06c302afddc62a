/** Why an operator acted. A closed list, because what stands in the record can never be taken out. */
export const REASONS = [
  'lost',
  'stolen',
  'tampered',
  'suspected-clone',
  'key-compromised',
  'under-repair',
  'repaired',
  'found',
  'relocated',
  'replaced',
  'end-of-life',
  'policy',
  'entered-in-error',
  'other',
] as const
export type Reason = (typeof REASONS)[number]
