import type { ProblemCode } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { Database } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'

/**
 * Counts the messages that named a device's key but were refused, and puts the first of each hour on the
 * device's timeline. Anyone who knows a thumbprint can send such messages: so one row an hour and reason, written
 * behind the request's back, and never more in memory than a bound.
 */

const FLUSH_EVERY_MS = 1_000
const LARGEST_PENDING = 1_000

export class RefusalLedger {
  readonly #database: Database
  readonly #log: Logger
  readonly #pending = new Map<
    string,
    { deviceId: string; code: ProblemCode; occurrences: number }
  >()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()

  constructor(database: Database, log: Logger) {
    this.#database = database
    this.#log = log
  }

  note(deviceId: string, code: ProblemCode): void {
    const key = `${deviceId} ${code}`
    const entry = this.#pending.get(key)
    if (entry !== undefined) entry.occurrences++
    else if (this.#pending.size < LARGEST_PENDING)
      this.#pending.set(key, { deviceId, code, occurrences: 1 })
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_EVERY_MS).unref()
  }

  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const entries = [...this.#pending.values()]
    this.#pending.clear()
    this.#flushing = this.#flushing
      .then(() => this.#write(entries))
      .catch((error: unknown) => {
        this.#log.warn({ err: error }, 'refused messages could not be counted')
      })
    return this.#flushing
  }

  async #write(
    entries: readonly { deviceId: string; code: ProblemCode; occurrences: number }[],
  ): Promise<void> {
    if (entries.length === 0) return
    await this.#database.transaction().execute(async (tx) => {
      const { rows } = await sql<{ deviceId: string; code: string; isFirst: boolean }>`
        insert into message_refusal (device_id, code, hour, occurrences)
        select device_id, code, date_trunc('hour', now()), occurrences
        from unnest(${entries.map((entry) => entry.deviceId)}::uuid[], ${entries.map((entry) => entry.code)}::text[], ${entries.map((entry) => entry.occurrences)}::bigint[])
          as refused (device_id, code, occurrences)
        on conflict (device_id, code, hour) do update set occurrences = message_refusal.occurrences + excluded.occurrences
        returning device_id as "deviceId", code, occurrences, (xmax = 0) as "isFirst"`.execute(tx)
      await recordEvents(
        tx,
        rows
          .filter(({ isFirst }) => isFirst)
          .map(({ deviceId, code }) => ({
            type: 'device.message-refused',
            actor: 'server',
            deviceId,
            data: { code, occurrences: 1 },
          })),
      )
    })
  }
}
