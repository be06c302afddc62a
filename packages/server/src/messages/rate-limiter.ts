/** A token bucket for each key, within a fixed amount of memory. */
export interface RateLimit {
  readonly burst: number
  readonly perSecond: number
}

interface Bucket {
  tokens: number
  /** Milliseconds since the epoch. */
  at: number
}

const MOST_BUCKETS = 10_000

export class RateLimiter {
  readonly #limit: RateLimit
  /** In the order of last use: the first is the one to forget. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(limit: RateLimit) {
    this.#limit = limit
  }

  admits(key: string, now: number): boolean {
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
