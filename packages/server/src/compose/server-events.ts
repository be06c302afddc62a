import { createHash } from 'node:crypto'
import type { NewEvent } from '@sanad/protocol/domain/events'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { recordEvents } from '../record/record-events.ts'
import type { ResponseKey } from '../certificates/response-keys.ts'
import type { TlsKey } from '../certificates/tls-keys.ts'
import type { Hsm, HsmKey } from '../hsm/hsm.ts'
import type { Database } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'
import type { ClockReport } from '../time/clock-watch.ts'

/** What the server has to say of itself in the record. */

export function record(database: Database, event: NewEvent): Promise<void> {
  return database.transaction().execute((tx) => recordEvents(tx, [event]))
}

/** The clock goes on while the database is away; what changed then is in the log. */
export function recordQuietly(database: Database, event: NewEvent, log: Logger): void {
  record(database, event).catch((error: unknown) =>
    log.warn({ err: error, type: event.type }, 'an event could not be recorded'),
  )
}

export const describeConnection = (hsm: Hsm, keys: readonly HsmKey[]): NewEvent => ({
  type: 'hsm.connected',
  actor: 'server',
  data: { tokenSerialNumber: hsm.health().token?.serialNumber ?? 'unknown', keys: keys.length },
})

export const describeClock = ({
  state,
  source,
  uncertaintyMs,
  lastStepMs,
}: ClockReport): NewEvent => ({
  type: 'server-clock.changed',
  actor: 'server',
  data: {
    state,
    source,
    ...(uncertaintyMs !== undefined && { uncertaintyMs }),
    ...(lastStepMs !== undefined && { lastStepMs }),
  },
})

export const describeResponseKey = (key: ResponseKey): NewEvent => ({
  type: 'response-key.certified',
  actor: 'server',
  data: describeKey(key),
})

export const describeTlsKey = (key: TlsKey): NewEvent => ({
  type: 'tls-key.certified',
  actor: 'server',
  data: describeKey(key),
})

const describeKey = ({ spki, notAfter }: Pick<TlsKey, 'spki' | 'notAfter'>) => ({
  spkiSha256: createHash('sha256').update(spki).digest('hex'),
  notAfter: formatTimestamp(notAfter),
})
