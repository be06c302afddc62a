import Type, { type Static } from 'typebox'
import { UUID_PATTERN } from '../text/uuid.ts'
import { DEVICE_EVENTS } from './events/devices.ts'
import { KEY_EVENTS } from './events/keys.ts'
import { COMMAND_EVENTS } from './events/commands.ts'
import { POLICY_EVENTS } from './events/policies.ts'
import { CERTIFICATE_EVENTS } from './events/certificates.ts'
import { MODEL_EVENTS } from './events/models.ts'
import { OPERATOR_EVENTS } from './events/operators.ts'
import { PROPOSAL_EVENTS } from './events/proposals.ts'
import { SERVER_EVENTS } from './events/server.ts'

/**
 * The catalogue of what is put on record: every effect, who caused it, and about which device.
 *
 * An event is kept for ever and will become a leaf of a Merkle tree. So: closed shapes, canonical bytes, and no
 * biometric data. An operator acts by id; only events about an account itself carry its name, or an auditor could not
 * read who was let in. A person’s free words are kept outside the record. Rows stand in `events/`, by area.
 */
export const EVENTS = {
  ...DEVICE_EVENTS,
  ...KEY_EVENTS,
  ...COMMAND_EVENTS,
  ...POLICY_EVENTS,
  ...CERTIFICATE_EVENTS,
  ...MODEL_EVENTS,
  ...OPERATOR_EVENTS,
  ...PROPOSAL_EVENTS,
  ...SERVER_EVENTS,
} as const

export type EventType = keyof typeof EVENTS
export type EventData<T extends EventType> = Static<(typeof EVENTS)[T]['data']>

type SubjectOf<T extends EventType> = (typeof EVENTS)[T]['subject'] extends 'device'
  ? { readonly deviceId: string }
  : (typeof EVENTS)[T]['subject'] extends 'maybe-device'
    ? { readonly deviceId?: string }
    : { readonly deviceId?: never }

export type EventOf<T extends EventType> = {
  readonly type: T
  readonly actor: Actor
  readonly data: EventData<T>
} & SubjectOf<T>

/** What a slice hands over to be recorded. */
export type NewEvent = { [T in EventType]: EventOf<T> }[EventType]

/** What the record holds: the event, its place and its time. */
export type RecordedEvent = NewEvent & { readonly v: 1; readonly seq: number; readonly at: string }

/** Who acted. */
export const Actor = Type.Unsafe<
  'server' | 'command-line' | `operator:${string}` | `device:${string}`
>(
  Type.String({
    pattern: `^(?:server|command-line|(?:operator|device):${UUID_PATTERN})$`,
  }),
)
export type Actor = Static<typeof Actor>

export const operatorActor = (operatorId: string): Actor => `operator:${operatorId}`
export const deviceActor = (deviceId: string): Actor => `device:${deviceId}`
