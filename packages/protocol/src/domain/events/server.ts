import Type from 'typebox'
import { Count, Instant, Label, Sha256, Uuid } from '../../text/fields.ts'
import { Code, Version, on, optional } from './row.ts'
import { HSM_EXCEPTIONS } from '../hsm-exceptions.ts'
import { LEAK_KINDS } from '../leak-tripwire.ts'

/** The server: its HSM and the keys in it, its clock, its log, and where it sends events to. */

export const SERVER_EVENTS = {
  'webhook.created': on({ webhookId: Uuid, eventTypes: Count }),
  'webhook.disabled': on({ webhookId: Uuid, failures: Count }),
  'webhook.resumed': on({ webhookId: Uuid }),
  'webhook.deleted': on({ webhookId: Uuid }),

  // Keys and the HSM.
  'ceremony.key-created': on({
    purpose: Type.Enum(['provider-ca', 'management-root', 'command']),
    spkiSha256: Sha256,
    modulusBits: Count,
  }),
  'ceremony.completed': on({ transcriptSha256: Sha256 }),
  'hsm.connected': on({ tokenSerialNumber: Label, keys: Count }),
  /** What the operator’s configuration accepts of a token that cannot show the whole proof of a key. */
  'hsm.exception-accepted': on({
    tokenSerialNumber: Label,
    exception: Type.Enum(HSM_EXCEPTIONS),
  }),
  'hsm.lost': on({ code: Code }),
  'hsm.recovered': on({ awaySeconds: Count }),

  // The server itself.
  'server-clock.changed': on({
    state: Type.Enum(['trusted', 'assumed', 'untrusted']),
    source: Type.Enum(['chrony', 'kernel', 'none']),
    uncertaintyMs: optional(Count),
    /** How far the clock was moved, if it was. */
    lastStepMs: optional(Type.Integer()),
  }),
  /** The tripwire took something out of the server’s log; never what it was. At most one a minute and kind. */
  'server.leak-removed': on({ kind: Type.Enum(LEAK_KINDS), occurrences: Count }),
  /** Claims of devices that nobody approved, in the hour that begins then: how many were turned away for this reason. */
  'server.unknown-claims': on({ hour: Instant, code: Code, occurrences: Count }),
  'server.started': on({
    version: Version,
    mode: Type.Enum(['demo', 'development', 'production']),
  }),
} as const
