import type { NewEvent } from '@sanad/protocol/domain/events'
import type { HsmChange, HsmHealth } from '../hsm/hsm.ts'
import type { Logger } from '../platform/log.ts'

/**
 * Tells people what becomes of the HSM: each change is a line in the log; its loss and its return are events, once
 * each, and the finding is opened or resolved in the same moment instead of at the next audit.
 *
 * An agent that died and is back at once is no loss: nobody was refused.
 */

export interface HsmWatchOptions {
  readonly log: Logger
  readonly record: (event: NewEvent) => void
  /** Opens or resolves the finding. */
  readonly audit: (health: HsmHealth) => Promise<void>
  /** Milliseconds since the epoch. */
  readonly clock: () => number
}

export class HsmWatch {
  readonly #options: HsmWatchOptions
  /** Since when it is lost. */
  #lostAt: number | undefined

  constructor(options: HsmWatchOptions) {
    this.#options = options
  }

  readonly note = ({ health, why }: HsmChange): void => {
    const { log, audit } = this.#options
    const { state, restarts } = health
    if (state === 'closed') return
    log[state === 'ready' ? 'info' : 'warn']({ state, restarts, why }, SENTENCE[state])
    const isLost = state === 'unavailable' || state === 'pin-refused'
    if (isLost && this.#lostAt === undefined) this.#lose(state)
    else if (state === 'ready' && this.#lostAt !== undefined) this.#recover(this.#lostAt)
    else return
    audit(health).catch((error: unknown) =>
      log.warn({ err: error }, 'the finding on the HSM waits for the next audit'),
    )
  }

  #lose(state: 'unavailable' | 'pin-refused'): void {
    this.#lostAt = this.#options.clock()
    this.#options.record({ type: 'hsm.lost', actor: 'server', data: { code: `hsm.${state}` } })
  }

  #recover(lostAt: number): void {
    this.#lostAt = undefined
    const awaySeconds = Math.max(0, Math.round((this.#options.clock() - lostAt) / 1000))
    this.#options.record({ type: 'hsm.recovered', actor: 'server', data: { awaySeconds } })
  }
}

const SENTENCE = {
  ready: 'the HSM answers',
  starting: 'the HSM agent was lost, and is started again',
  unavailable: 'the HSM does not answer; it is tried again',
  'pin-refused': 'the HSM refused the PIN; it is not tried again',
} as const
