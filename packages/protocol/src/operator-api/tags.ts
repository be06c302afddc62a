/** The sections of the operator API, in the order in which a reader meets them. */
export const TAGS = {
  session: 'The session of the operator who asks: sign-in, password, sign-out.',
  operators: 'Accounts of operators: invitations, roles and sessions.',
  proposals: 'Operations that two people decide, and which those are.',
  devices: 'The repository of approved devices, and what an operator does with one of them.',
  keys: 'Keys and certificates of devices: rotation, revocation, destruction and forecast.',
  commands: 'Commands to single devices.',
  campaigns: 'Commands to many devices, at a pace.',
  'bulk-acts': 'One act on many devices, worked off in the background.',
  groups: 'Groups of devices, and their markets.',
  policies: 'How long keys live, and how devices check in.',
  models: 'Approved makes and models, and providers of foundational trust modules (FTM).',
  imports: 'Files of devices to approve.',
  registrations: 'Registrations that wait for a decision, and those that were refused.',
  findings: 'What the daily audit found.',
  record: 'The record of all events, and the access log.',
  webhooks: 'Where events are sent to.',
  server: 'What the server stands on, and the description of this API.',
} as const satisfies Record<string, string>

export type Tag = keyof typeof TAGS
