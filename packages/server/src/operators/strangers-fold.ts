import type { Access } from './access-log.ts'
import { MINUTE_MS } from '@sanad/protocol/text/durations'

/**
 * Folds the requests of clients without a session: the first of a kind in a minute is an entry at once, the others of
 * that minute are one more with their count. Strangers cannot push the operators’ own entries out of a bounded table.
 */

/** Of a minute; what differs from all of them is counted together, without an address. */
const MOST_KINDS = 50

interface Kind {
  last: Access
  /** Besides the first. */
  more: number
}

export class StrangersFold {
  #minute = 0
  #kinds = new Map<string, Kind>()

  /** @returns what is to be written now */
  fold(access: Access, network: string): Access[] {
    const over = this.roll(access.at)
    const { method, route, status, code } = access
    const known = this.#kinds.get([method, route, status, code, network].join(' '))
    if (known !== undefined) {
      known.last = access
      known.more++
      return over
    }
    if (this.#kinds.size < MOST_KINDS) {
      this.#kinds.set([method, route, status, code, network].join(' '), { last: access, more: 0 })
      return [...over, access]
    }
    this.#countOther(access)
    return over
  }

  /** @returns the counts of the minute before, if it is over */
  roll(now: number): Access[] {
    const minute = now - (now % MINUTE_MS)
    if (minute === this.#minute) return []
    const over = this.end()
    this.#minute = minute
    return over
  }

  end(): Access[] {
    const over = [...this.#kinds.values()]
      .filter(({ more }) => more > 0)
      .map(({ last, more }) => ({ ...last, occurrences: more }))
    this.#kinds = new Map()
    return over
  }

  #countOther(access: Access): void {
    const key = `other ${access.status}`
    const known = this.#kinds.get(key)
    const last = { ...access, route: '', code: null, address: '' }
    this.#kinds.set(key, { last, more: (known?.more ?? 0) + 1 })
  }
}
