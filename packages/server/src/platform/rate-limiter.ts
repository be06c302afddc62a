import { networkOf } from './network.ts'

/** A token bucket for each network, within a fixed amount of memory. */
export interface RateLimit {
  /** So many at once. */
  readonly burst: number
  readonly perSecond: number
}

interface Bucket {
  tokens: number
  /** Milliseconds since the epoch. */
  at: number
}

/** About 2 MB. The network that was not seen for longest is forgotten: it has saved up its burst by then, or nearly. */
const MOST_BUCKETS = 10_000

export class RateLimiter {
  readonly #limit: RateLimit
  /** In the order of last use: the first is the one to forget. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(limit: RateLimit) {
    this.#limit = limit
  }

  /**
   * @param address as the socket names it; it is counted by its network, see {@link networkOf}
   * @param now milliseconds since the epoch
   */
  admits(address: string, now: number): boolean {
    const key = networkOf(address)
    const { burst, perSecond } = this.#limit
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now }
    bucket.tokens = Math.min(
      burst,
      bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond,
    )
    bucket.at = now
    this.#keep(key, bucket)
    if (bucket.tokens < 1) return false
    bucket.tokens -= 1
    return true
  }

  #keep(key: string, bucket: Bucket): void {
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size <= MOST_BUCKETS) return
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}
